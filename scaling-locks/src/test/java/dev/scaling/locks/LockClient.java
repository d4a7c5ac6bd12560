package dev.scaling.locks;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.LockOracle.Held;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A client of a history: takes locks, holds them, and gives them back, or does not. */
final class LockClient {

  private final LockHistory history;
  private final SimulatedProcess process;
  private final LockService service;
  private @Nullable CompletableFuture<Acquisition> asked;
  private @Nullable Held held;
  private String call = "";
  private int number;

  LockClient(LockHistory history, SimulatedProcess process, LockService service) {
    this.history = history;
    this.process = process;
    this.service = service;
  }

  void think() {
    later(history.random.nextInt(3) * 0.5, this::acquire);
  }

  /** Ends what it does. */
  void end() {
    if (!process.isStopped() && held != null) {
      release(held);
    }
  }

  /** Sees that its last call has an outcome. */
  void checkEnded() {
    if (!process.isStopped() && asked != null && !asked.isDone()) {
      history.oracle.wrong("no outcome: " + call);
    }
  }

  private void acquire() {
    if (!history.isChaos) {
      return;
    }
    var random = history.random;
    String lock = history.anyName();
    long wait = random.nextInt(3) == 0 ? 0 : history.upToLeases(random.nextBoolean() ? 3 : 0.3);
    wait = random.nextInt(12) == 0 ? Duration.ofDays(1).toNanos() : wait;
    boolean reads = random.nextInt(4) < history.readers;
    var before = history.oracle.asks();
    call = lock + (reads ? " to read" : "") + " for " + wait + " ns";
    var future = history.ask(service, lock, reads, Duration.ofNanos(wait));
    asked = future;
    if (random.nextInt(8) == 0) {
      later(1, () -> future.cancel(/* mayInterruptIfRunning= */ false));
    }
    future.whenComplete((outcome, failure) -> {
      if (outcome instanceof Acquired acquired) {
        hold(history.oracle.acquired(acquired.lease(), process, before));
      } else {
        think();
      }
    });
  }

  private void hold(Held lease) {
    held = lease;
    int mine = ++number;
    var random = history.random;
    if (!history.isChaos) {
      release(lease);
      return;
    }
    if (random.nextInt(6) == 0) {
      later(1, () -> lease.lease.extendAsync(Duration.ofNanos(history.leaseNanos)));
    }
    double most = random.nextInt(8) == 0 ? 8 : history.mostHoldLeases;
    later(most, () -> {
      if (mine == number) {
        release(lease);
        think();
      }
    });
  }

  private void release(Held lease) {
    lease.release();
    held = null;
    number++;
    if (history.random.nextBoolean()) {
      lease.lease.close();
    } else {
      lease.lease.release();
    }
  }

  private void later(double mostLeases, Runnable work) {
    process.schedule(work, Duration.ofNanos(history.upToLeases(mostLeases)));
  }
}
