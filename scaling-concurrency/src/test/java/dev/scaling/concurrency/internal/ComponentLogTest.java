package dev.scaling.concurrency.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.internal.ComponentLog;
import dev.scaling.testkit.LogCapture;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How often a component speaks. */
@Timeout(20)
final class ComponentLogTest {

  private final VirtualTime time = new VirtualTime();
  private final LogCapture captured = new LogCapture(ComponentLogTest.class);
  private final ComponentLog log = new ComponentLog(ComponentLogTest.class, "things", time);

  @AfterEach
  void close() {
    captured.close();
  }

  @Test
  void warning_comesOnceAMinute_andForEachCondition() {
    log.warn("it burns", ": 1");
    log.warn("it burns", ": 2");
    log.warn("it rains", "");
    time.advance(Duration.ofMinutes(1).minusNanos(1));
    log.warn("it burns", ": 3");
    time.advance(Duration.ofNanos(1));
    log.warn("it burns", ": 4");

    assertThat(captured.lines())
        .containsExactly(
            "WARNING things: it burns: 1",
            "WARNING things: it rains",
            "WARNING things: it burns: 4");
  }

  @Test
  void end_isSaidOnce_andOnlyOfWhatWasWarnedOf() {
    log.over("it burns", "the fire is out");
    log.warn("it burns", "");
    log.over("it burns", "the fire is out");
    log.over("it burns", "the fire is out");
    log.warn("it burns", ""); // within the minute
    log.over("it burns", "the fire is out");

    assertThat(captured.lines())
        .containsExactly("WARNING things: it burns", "INFO things: the fire is out");
  }

  @Test
  void reason_isTheClassAlone_ofWhatIsNotOfRedis() {
    assertThat(ComponentLog.reason(new IllegalStateException("secret")))
        .isEqualTo("java.lang.IllegalStateException");
  }

  @Test
  void logThatThrows_stopsNobody() {
    var throwing = new Handler() {
      @Override
      public void publish(LogRecord entry) {
        throw new IllegalStateException("the disk is full");
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    var logger = Logger.getLogger(ComponentLogTest.class.getName());
    logger.addHandler(throwing);
    try {
      log.warn("it is late", "");
      log.over("it is late", "it is early");
    } finally {
      logger.removeHandler(throwing);
    }
    assertThat(captured.lines()).hasSize(2);
  }
}
