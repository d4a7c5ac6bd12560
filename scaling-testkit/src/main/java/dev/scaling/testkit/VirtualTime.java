package dev.scaling.testkit;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Time that stands still until a test advances it.
 *
 * <p>Tasks run on the thread that calls {@link #advance}, in the order they fall due and then in
 * the order they were scheduled, each at the very reading it was due at. No task runs inside
 * {@link #schedule}, since none would in production.
 *
 * <p>Safe for use by many threads, of which one advances: a task scheduled elsewhere while time
 * advances runs in that advance if it falls due in it.
 */
public final class VirtualTime implements Time {

  private static final long FIRST_MILLIS = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
  private static final Duration MOST = Duration.ofDays(36_500);

  private final long originNanos;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final TreeSet<Task> tasks =
      new TreeSet<>(Comparator.comparingLong(Task::dueNanos).thenComparingLong(Task::number));
  private long elapsedNanos;
  private long wallClockStepMillis;
  private long scheduled;
  private boolean advancing;

  /**
   * Creates a time whose first reading is zero, with nothing scheduled and the wall clock at the
   * start of 2026 in UTC.
   */
  public VirtualTime() {
    this(0);
  }

  private VirtualTime(long originNanos) {
    this.originNanos = originNanos;
  }

  /**
   * Returns a time whose first reading is the given one. Readings wrap as those of
   * {@link System#nanoTime()} may: begin shortly before {@link Long#MAX_VALUE} to show that code
   * bears it.
   */
  public static VirtualTime startingAt(long nanoTime) {
    return new VirtualTime(nanoTime);
  }

  /**
   * Returns a time that stands at zero, and in which nothing scheduled falls due: for tests with a
   * model checker, which looks into all that it can reach and cannot look into this class.
   */
  public static Time standing() {
    return new Standing();
  }

  @Override
  public long nanoTime() {
    lock.lock();
    try {
      return originNanos + elapsedNanos;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long currentTimeMillis() {
    lock.lock();
    try {
      return FIRST_MILLIS + wallClockStepMillis + elapsedNanos / 1_000_000;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Cancellable schedule(Runnable task, Duration delay) {
    Checks.notNull(task, "task");
    lock.lock();
    try {
      long dueNanos = elapsedNanos + Math.max(0, delay.toNanos());
      var entry = new Task(dueNanos < 0 ? Long.MAX_VALUE : dueNanos, scheduled++, task);
      tasks.add(entry);
      return () -> cancel(entry);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Moves time and the wall clock forward, running every task that falls due on the way, and those
   * they schedule. As in production, a task that throws keeps no other from running; what the first
   * one threw is thrown again at the end, so that the test fails.
   *
   * @param elapsed from zero, which runs what is due already, to 100 years
   * @throws IllegalStateException if time is being advanced, by another thread or by a task
   */
  public void advance(Duration elapsed) {
    Checks.duration("elapsed", elapsed, Duration.ZERO, MOST);
    long endNanos = beginAdvance(elapsed.toNanos());
    Throwable failure = null;
    try {
      for (var task = nextDue(endNanos); task != null; task = nextDue(endNanos)) {
        failure = run(task, failure);
      }
    } finally {
      endAdvance(endNanos);
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /**
   * Moves only the wall clock, forward or, if negative, back; elapsed time stands still and nothing
   * runs. The step takes effect at once and stays.
   */
  public void stepWallClock(Duration step) {
    lock.lock();
    try {
      wallClockStepMillis += step.toMillis();
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many tasks are waiting. A test ends with none, or something leaks. */
  public int pending() {
    lock.lock();
    try {
      return tasks.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return "VirtualTime{nanoTime=" + nanoTime() + ", pending=" + pending() + "}";
  }

  private long beginAdvance(long nanos) {
    lock.lock();
    try {
      Checks.agreement(!advancing, "time is being advanced already");
      long endNanos = Math.addExact(elapsedNanos, nanos);
      advancing = true;
      return endNanos;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Task nextDue(long endNanos) {
    lock.lock();
    try {
      if (tasks.isEmpty() || tasks.first().dueNanos > endNanos) {
        return null;
      }
      Task task = tasks.pollFirst();
      elapsedNanos = task.dueNanos;
      return task;
    } finally {
      lock.unlock();
    }
  }

  private void endAdvance(long endNanos) {
    lock.lock();
    try {
      elapsedNanos = endNanos;
      advancing = false;
    } finally {
      lock.unlock();
    }
  }

  private void cancel(Task task) {
    lock.lock();
    try {
      tasks.remove(task);
    } finally {
      lock.unlock();
    }
  }

  // Runs without the lock: tasks schedule, cancel and read the time, and may wait for threads that
  // do.
  private static @Nullable Throwable run(Task task, @Nullable Throwable earlier) {
    try {
      task.work.run();
      return earlier;
    } catch (RuntimeException | Error e) {
      if (earlier == null) {
        return e;
      }
      if (earlier != e) {
        earlier.addSuppressed(e);
      }
      return earlier;
    }
  }

  private record Task(long dueNanos, long number, Runnable work) {}

  private static final class Standing implements Time {

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public long currentTimeMillis() {
      return 0;
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
      return () -> {};
    }
  }
}
