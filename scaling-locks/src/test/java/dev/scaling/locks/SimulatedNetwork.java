package dev.scaling.locks;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.Random;

/** Between the processes and the servers of a simulation: delays, and loses. */
final class SimulatedNetwork {

  final VirtualTime time;
  final Seeded seeded;
  private final Random random;
  private final boolean inOrder; // on each connection, one way
  double lossRatio;
  double lateRatio; // of what takes much longer
  long mostDelayNanos;
  long mostLateNanos;

  SimulatedNetwork(VirtualTime time, Random random, boolean inOrder, Seeded seeded) {
    this.time = time;
    this.random = random;
    this.inOrder = inOrder;
    this.seeded = seeded;
  }

  /** Begins to work well, and so goes on. */
  void mend() {
    lossRatio = 0;
    lateRatio = 0;
  }

  /** One way of a connection. */
  final class Way {

    private long lastArrivalNanos;

    /** Delivers something, or loses it. */
    void send(Runnable what) {
      if (random.nextDouble() < lossRatio) {
        return;
      }
      long now = time.nanoTime();
      long arrival = now + delay();
      if (inOrder) {
        arrival = Math.max(arrival, lastArrivalNanos);
        lastArrivalNanos = arrival;
      }
      time.schedule(what, Duration.ofNanos(arrival - now));
    }
  }

  private long delay() {
    if (seeded == Seeded.STOPWATCH_AT_COMPLETION) {
      return mostDelayNanos; // so that its stopwatch is off by just that, twice
    }
    long most = random.nextDouble() < lateRatio ? mostLateNanos : mostDelayNanos;
    return (long) (random.nextDouble() * most);
  }
}
