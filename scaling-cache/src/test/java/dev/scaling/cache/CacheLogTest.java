package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Filter;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CacheLogTest {

  private final VirtualTime time = new VirtualTime();
  private final CacheLog log = new CacheLog("users", time);
  private final Logger logger = Logger.getLogger(TieredCache.class.getName());
  private final Filter before = logger.getFilter();
  private final List<String> lines = new ArrayList<>();

  @BeforeEach
  void listen() {
    logger.setFilter(entry -> {
      lines.add(entry.getLevel() + " " + entry.getMessage());
      return false; // keeps it off the console
    });
  }

  @AfterEach
  void end() {
    logger.setFilter(before);
  }

  @Test
  void warning_comesOnceAMinute_withoutTheMessageOfTheApplication() {
    var failure = new IllegalArgumentException("cannot encode Ada");
    for (int i = 0; i < 3; i++) {
      log.warn("a value is served but not cached", failure);
    }
    time.advance(Duration.ofMinutes(1));
    log.warn("a value is served but not cached", failure);

    var line =
        "WARNING users: a value is served but not cached: " + failure.getClass().getName();
    assertThat(lines).containsExactly(line, line);
  }
}
