package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.limit.RateLimiterBuilder.WhenRedisFails;
import dev.scaling.core.redis.Redis;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process of its own that uses all that it may, and notes when, in files that outlive it, until
 * it is killed. Its clock is the one of the server, which runs on the same machine.
 */
final class LimiterChild {

  static final RateLimit LIMIT = RateLimit.perSecond(1_000).withBurst(200);
  private static final Duration HORIZON = Duration.ofMillis(50);
  private static final int MOST_USES = 1 << 17;

  private LimiterChild() {}

  /** How a child allots; each in a limiter and on a thread of its own. */
  enum Kind {
    ADAPTIVE,
    STRICT;

    Allotment allotment() {
      return this == STRICT ? Allotment.strict(HORIZON) : Allotment.adaptive(HORIZON);
    }

    /** By how much use may exceed the limit, but for what is on its way in each process. */
    double excess() {
      double ofHorizon = 1_000 * HORIZON.toNanos() / 1e9;
      return this == STRICT ? 0 : 2 * ofHorizon + /* of the one that was stopped */ ofHorizon;
    }

    Path file(Path directory, int instance) {
      return directory.resolve(this + "-" + instance);
    }
  }

  /** Arguments: the address of Redis, the directory of the files, the instance's number. */
  public static void main(String[] args) throws Exception {
    var redis = Redis.connect(args[0]);
    redis.ready(Duration.ofMinutes(1)).join();
    for (Kind kind : Kind.values()) {
      var uses = uses(kind.file(Path.of(args[1]), Integer.parseInt(args[2])));
      var limiter = RateLimiter.builder(kind.toString(), redis)
          .limit("api", LIMIT)
          .allotment(kind.allotment())
          .whenRedisFails(WhenRedisFails.FAIL_CLOSED)
          .build();
      new Thread(() -> use(limiter, uses)).start();
    }
  }

  private static void use(RateLimiter limiter, LongBuffer uses) {
    while (uses.hasRemaining()) {
      if (limiter.tryAcquire("key").isPermitted()) {
        uses.put(ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()));
      }
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(300));
    }
  }

  /** Returns the moments of use in a file, in microseconds; 0 where there is none yet. */
  static LongBuffer uses(Path file) throws IOException {
    try (var channel = FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel
          .map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES * (long) MOST_USES)
          .asLongBuffer();
    }
  }
}
