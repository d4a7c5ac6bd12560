package dev.scaling.testkit;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * A server in virtual time: some workers, each busy with one request at a time, and a queue without
 * end in front of them. With it a limit, a retry or a queue can be shown to bear an overload of
 * hours in seconds.
 *
 * <p>Not safe for use by many threads: use it on the one that advances the time.
 */
public final class SimulatedServer {

  private final Time time;
  private final Deque<Request> queue = new ArrayDeque<>();
  private LongSupplier serviceNanos;
  private int workers;
  private int busy;

  /**
   * Creates a server.
   *
   * @param time usually a {@link VirtualTime}
   * @param workers how many requests are served at a time, at least 1
   * @param serviceNanos gives the time that each request takes a worker, in nanoseconds
   */
  public SimulatedServer(Time time, int workers, LongSupplier serviceNanos) {
    this.time = Checks.notNull(time, "time");
    this.workers = (int) Checks.range("workers", workers, 1, Integer.MAX_VALUE);
    this.serviceNanos = Checks.notNull(serviceNanos, "serviceNanos");
  }

  /**
   * Returns times that are exponentially distributed, as those of unrelated requests roughly are.
   */
  public static LongSupplier exponential(RandomGenerator random, Duration mean) {
    double nanos = mean.toNanos();
    return () -> (long) (random.nextExponential() * nanos);
  }

  /** Serves a request as soon as a worker is free, in the order of their coming. */
  public void handle(Runnable whenDone) {
    handle(() -> true, whenDone);
  }

  /**
   * Serves a request as {@link #handle(Runnable)} does, unless it is in vain by then: so does a
   * server that knows how long its callers wait, and drops work whose time is over. The order stays
   * that of their coming, so under more load than it can bear it serves those whose time is about
   * to be over.
   *
   * @param isWanted asked once, when a worker is free for it; if it says no, the request is dropped
   *     without a word and takes no worker
   */
  public void handle(BooleanSupplier isWanted, Runnable whenDone) {
    queue.addLast(
        new Request(Checks.notNull(isWanted, "isWanted"), Checks.notNull(whenDone, "whenDone")));
    serveNext();
  }

  /** Changes how many workers there are, at least 1; those who are busy finish. */
  public void workers(int workers) {
    this.workers = (int) Checks.range("workers", workers, 1, Integer.MAX_VALUE);
    serveNext();
  }

  /** Changes how long the requests take that are begun from now on. */
  public void serviceNanos(LongSupplier serviceNanos) {
    this.serviceNanos = Checks.notNull(serviceNanos, "serviceNanos");
  }

  /** Returns how many requests are here, served or waiting. */
  public int usage() {
    return busy + queue.size();
  }

  private void serveNext() {
    while (busy < workers && !queue.isEmpty()) {
      var request = queue.removeFirst();
      if (!request.isWanted.getAsBoolean()) {
        continue;
      }
      busy++;
      time.schedule(
          () -> {
            busy--;
            serveNext();
            request.whenDone.run();
          },
          Duration.ofNanos(serviceNanos.getAsLong()));
    }
  }

  private record Request(BooleanSupplier isWanted, Runnable whenDone) {}
}
