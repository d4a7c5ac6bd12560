package dev.scaling.examples.catalogue;

import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Sends requests, each to the other instance than the one before, from a few clients at once, each
 * of which waits for its answer. A small share of them, drawn from the seed, changes a price.
 */
final class Traffic {

  static final int CLIENTS = 16;

  private static final double WRITE_RATIO = 0.005;

  private final CatalogueClient client;
  private final Ledger ledger;
  private final Progress progress;
  private final long seed;
  private final AtomicInteger price = new AtomicInteger(10_000);

  Traffic(CatalogueClient client, Ledger ledger, Progress progress, long seed) {
    this.client = client;
    this.ledger = ledger;
    this.progress = progress;
    this.seed = seed;
  }

  /** Sends the requests from one number of a trace to another, and returns once all are done. */
  Phase run(Ids ids, int from, int to, boolean cached) throws IOException, InterruptedException {
    Stats before = client.stats();
    var counts = new Counts();
    var next = new AtomicInteger(from);
    Concurrently.run(CLIENTS, worker -> {
      for (int i = next.getAndIncrement(); i < to; i = next.getAndIncrement()) {
        send(i, ids.of(i), cached, counts);
        progress.step();
      }
    });
    return counts.phase(to - from, client.stats().minus(before));
  }

  private void send(int request, long id, boolean cached, Counts counts) {
    int instance = request % CatalogueClient.INSTANCES;
    try {
      if (isWrite(request)) {
        long version = client.changePrice(instance, id, price.incrementAndGet(), cached);
        ledger.updated(id, version);
      } else {
        read(instance, id, cached, counts);
      }
    } catch (IOException e) {
      counts.errors.add(e);
    }
  }

  private void read(int instance, long id, boolean cached, Counts counts) throws IOException {
    counts.reads.increment();
    long beganNanos = System.nanoTime();
    long least = ledger.leastVersion(id, beganNanos);
    Product product = client.product(instance, id, cached);
    counts.micros.recordValue((System.nanoTime() - beganNanos) / 1_000);
    if (product.id() != id) {
      throw new IOException("asked for product " + id + ", got " + product.id());
    }
    if (least > 0) {
      counts.bounded.increment();
      if (product.version() < least) {
        counts.tooOld.increment();
      }
    }
  }

  /** The same for a request whether the cache is on or off. */
  private boolean isWrite(int request) {
    return new SplittableRandom(seed + request).nextDouble() < WRITE_RATIO;
  }

  /** Tells which product a request is about. */
  interface Ids {

    long of(int request);
  }

  private static final class Counts {

    final LongAdder reads = new LongAdder();
    final Errors errors = new Errors();
    final LongAdder bounded = new LongAdder();
    final LongAdder tooOld = new LongAdder();
    final Histogram micros = new ConcurrentHistogram(/* numberOfSignificantValueDigits= */ 3);

    Phase phase(long requests, Stats stats) {
      return new Phase(
          requests, reads.sum(), errors.count(), bounded.sum(), tooOld.sum(), micros, stats);
    }
  }
}
