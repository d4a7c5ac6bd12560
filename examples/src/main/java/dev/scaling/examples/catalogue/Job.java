package dev.scaling.examples.catalogue;

import dev.scaling.testkit.RedisServer;
import dev.scaling.testkit.RedisServers;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.LongStream;

/** Starts Redis, the database and two instances of the service, and sends a trace through them. */
final class Job {

  private static final int WARM_UP = 2_000;
  private static final int BASELINE = 10_000;

  private final Trace trace;
  private final long seed;
  private final PrintStream out;

  Job(Trace trace, long seed, PrintStream out) {
    this.trace = trace;
    this.seed = seed;
    this.out = out;
  }

  /** Does all of it, and returns once nothing that it started is left. */
  Report run() throws IOException, SQLException, InterruptedException {
    long startNanos = System.nanoTime();
    long[] products = trace.distinctIds();
    try (RedisServer redis = RedisServers.single();
        Database database = Database.start(
            LongStream.concat(LongStream.of(products), Aside.ids()).toArray());
        var one = new ServiceProcess(redis.address(), database.url());
        var two = new ServiceProcess(redis.address(), database.url())) {
      var client = new CatalogueClient(List.of(one.port(), two.port()));
      var ledger = new Ledger();
      int baseline = Math.min(BASELINE, trace.requests());
      Phase without;
      Phase with;
      Phase after;
      try (var progress = new Progress(out, 2L * WARM_UP + baseline + trace.requests())) {
        var traffic = new Traffic(client, ledger, progress, seed);
        progress.phase("warm-up");
        traffic.run(Aside::warmUpId, 0, WARM_UP, /* cached= */ false);
        traffic.run(Aside::warmUpId, 0, WARM_UP, /* cached= */ true);
        progress.phase("without the cache");
        without = traffic.run(this::id, 0, baseline, /* cached= */ false);
        progress.phase("with the cache");
        with = traffic.run(this::id, 0, baseline, /* cached= */ true);
        after = traffic.run(this::id, baseline, trace.requests(), /* cached= */ true);
      }
      FlashCrowd crowd = FlashCrowd.run(client);
      AtRest rest = AtRest.read(client, ledger, database);
      return new Report(
          trace.source(),
          products.length,
          without,
          with,
          with.plus(after),
          crowd,
          rest,
          System.nanoTime() - startNanos);
    }
  }

  private long id(int request) {
    return trace.ids()[request];
  }
}
