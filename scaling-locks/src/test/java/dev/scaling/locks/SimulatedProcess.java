package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A process of a simulation and its clocks: it may stand still, and then hears of nothing, while
 * the world goes on; or for ever. What it missed comes all at once, in any order.
 */
final class SimulatedProcess implements Time {

  private static final StackWalker WALKER = StackWalker.getInstance();

  private final VirtualTime world;
  private final Random random;
  private final double rate; // of its clock
  private final long lateNanos;
  private final List<Runnable> missed = new ArrayList<>();
  private boolean paused;
  private boolean suspends; // its monotonic clock too stands still
  private boolean stopped;
  private long pausedAtNanos;
  private long suspendedNanos;
  private long wallStepMillis;
  private int pending;

  /**
   * Creates a process.
   *
   * @param lateNanos by how much its calls seem to be sent later than they are
   */
  SimulatedProcess(VirtualTime world, Random random, double rate, long lateNanos) {
    this.world = world;
    this.random = random;
    this.rate = rate;
    this.lateNanos = lateNanos;
  }

  @Override
  public long nanoTime() {
    return (long) ((world.nanoTime() - suspendedNanos) * rate) + late();
  }

  @Override
  public long currentTimeMillis() {
    return world.currentTimeMillis() + wallStepMillis + late() / 1_000_000;
  }

  @Override
  public Cancellable schedule(Runnable task, Duration delay) {
    var timer = new Timer(task, nanoTime() + Math.max(0, delay.toNanos()));
    pending++;
    timer.arm();
    return timer;
  }

  /** Lets something reach this process, at once or when it goes on. */
  void deliver(Runnable work) {
    if (paused) {
      missed.add(work);
    } else if (!stopped) {
      work.run();
    }
  }

  boolean isRunning() {
    return !paused && !stopped;
  }

  boolean isStopped() {
    return stopped;
  }

  void pause(boolean suspends) {
    if (!paused) {
      paused = true;
      this.suspends = suspends;
      pausedAtNanos = world.nanoTime();
    }
  }

  void resume() {
    if (!paused) {
      return;
    }
    paused = false;
    suspendedNanos += suspends ? world.nanoTime() - pausedAtNanos : 0;
    List<Runnable> due = new ArrayList<>(missed);
    missed.clear();
    Collections.shuffle(due, random);
    due.forEach(this::deliver);
  }

  /** Ends the process: it hears of nothing any more. */
  void stop() {
    paused = false;
    stopped = true;
    missed.clear();
  }

  void stepWallClock(long millis) {
    wallStepMillis += millis;
  }

  /** Returns by how much its wall clock is wrong. */
  long wallStepMillis() {
    return wallStepMillis;
  }

  /** Returns how many timers it has set. */
  int pending() {
    return pending;
  }

  private long late() {
    if (lateNanos == 0) {
      return 0;
    }
    boolean isSend = WALKER.walk(frames -> frames.limit(4).anyMatch(SimulatedProcess::sendsACall));
    return isSend ? lateNanos : 0;
  }

  private static boolean sendsACall(StackWalker.StackFrame frame) {
    return switch (frame.getMethodName()) {
      case "ask", "raise" -> frame.getClassName().endsWith("Bid");
      case "extend" -> frame.getClassName().endsWith("Renewals");
      default -> false;
    };
  }

  private final class Timer implements Cancellable {

    private final Runnable task;
    private final long dueNanos;
    private boolean done;
    private Cancellable armed = () -> {};

    Timer(Runnable task, long dueNanos) {
      this.task = task;
      this.dueNanos = dueNanos;
    }

    void arm() {
      long nanos = (long) ((dueNanos - nanoTime()) / rate) + 1;
      armed = world.schedule(() -> deliver(this::run), Duration.ofNanos(Math.max(0, nanos)));
    }

    @Override
    public void cancel() {
      if (!done) {
        done = true;
        pending--;
        armed.cancel();
      }
    }

    private void run() {
      if (done) {
        return;
      }
      if (nanoTime() - dueNanos < 0) {
        arm(); // it was suspended meanwhile
        return;
      }
      done = true;
      pending--;
      task.run();
    }
  }
}
