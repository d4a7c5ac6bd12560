package dev.scaling.core;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The time of this machine. */
enum SystemTime implements Time {
  INSTANCE;

  private static final System.Logger LOGGER = System.getLogger(Time.class.getName());

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public Cancellable schedule(Runnable task, Duration delay) {
    var scheduled = Timer.EXECUTOR.schedule(() -> run(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(/* mayInterruptIfRunning= */ false);
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOGGER.log(Level.WARNING, "a scheduled task failed", e);
    }
  }

  /** Holds the thread, so that a program which never schedules never has one. */
  private static final class Timer {

    static final ScheduledThreadPoolExecutor EXECUTOR = create();

    private static ScheduledThreadPoolExecutor create() {
      var executor = new ScheduledThreadPoolExecutor(1, work -> {
        var thread = new Thread(work, "scaling-timer");
        thread.setDaemon(true);
        return thread;
      });
      executor.setRemoveOnCancelPolicy(true); // or a cancelled deadline stays until it falls due
      executor.setKeepAliveTime(10, TimeUnit.SECONDS);
      executor.allowCoreThreadTimeOut(true);
      return executor;
    }
  }
}
