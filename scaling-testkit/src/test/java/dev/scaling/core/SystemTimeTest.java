package dev.scaling.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SystemTimeTest {

  private final Time time = Time.system();

  @Test
  void task_runsOnADaemon_notBeforeItsDelay() throws Exception {
    var ran = new CompletableFuture<Thread>();
    long startNanos = time.nanoTime();

    time.schedule(() -> ran.complete(Thread.currentThread()), Duration.ofMillis(20));

    var thread = ran.get(60, TimeUnit.SECONDS);
    assertThat(time.nanoTime() - startNanos).isGreaterThanOrEqualTo(20_000_000);
    assertThat(thread.isDaemon()).isTrue();
    assertThat(thread.getName()).isEqualTo("scaling-timer");
  }

  @Test
  void cancelledTask_doesNotRun() throws Exception {
    var cancelled = new AtomicBoolean();
    var later = new CompletableFuture<Void>();

    var task = time.schedule(() -> cancelled.set(true), Duration.ofMillis(30));
    time.schedule(() -> later.complete(null), Duration.ofMillis(60));
    task.cancel();
    task.cancel();

    later.get(60, TimeUnit.SECONDS);
    assertThat(cancelled).isFalse();
  }

  @Test
  void failingTask_isLogged_andKeepsNoOtherFromRunning() throws Exception {
    var logged = new CompletableFuture<LogRecord>();
    var logger = Logger.getLogger(Time.class.getName());
    var handler = capture(logged);
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      var other = new CompletableFuture<Void>();
      time.schedule(
          () -> {
            throw new IllegalStateException("on purpose");
          },
          Duration.ZERO);
      time.schedule(() -> other.complete(null), Duration.ofMillis(1));

      assertThat(logged.get(60, TimeUnit.SECONDS).getThrown()).hasMessage("on purpose");
      other.get(60, TimeUnit.SECONDS);
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
  }

  private static Handler capture(CompletableFuture<LogRecord> logged) {
    return new Handler() {
      @Override
      public void publish(LogRecord record) {
        logged.complete(record);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }
}
