package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.entry;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(30)
final class CommandCounterIT {

  @RegisterExtension
  static final RedisExtension redis = RedisExtension.single();

  private static final String SCRIPT =
      "redis.call('SET', KEYS[1], 'v') return redis.call('GET', KEYS[1])";

  private final RedisServer server = redis.server();

  @Test
  void runBy_countsWhatScriptsCall_andNotItself() {
    try (var commands = CommandCounter.runBy(server)) {
      server.command("EVAL", SCRIPT, "1", "key");
      server.command("GET", "key");

      assertThat(commands.counts())
          .containsExactly(entry("eval", 1L), entry("get", 2L), entry("set", 1L));
      assertThat(commands.total()).isEqualTo(4);
    }
  }

  @Test
  void sentTo_countsWhatClientsSendAlone() {
    try (var commands = CommandCounter.sentTo(server)) {
      server.command("EVAL", SCRIPT, "1", "key");
      server.command("GET", "key");

      assertThat(commands.counts()).containsExactly(entry("eval", 1L), entry("get", 1L));
      assertThat(commands.total()).isEqualTo(2);
    }
  }

  /** Why {@code sentTo} watches: the total that looks as if it told does not. */
  @Test
  void totalOfTheServer_countsWhatScriptsCall() {
    long before = commandsProcessed();
    server.command("EVAL", SCRIPT, "1", "key");

    assertThat(commandsProcessed() - before).isEqualTo(/* INFO, EVAL, SET, GET= */ 4);
  }

  @Test
  void reset_beginsFromZero() {
    try (var run = CommandCounter.runBy(server);
        var sent = CommandCounter.sentTo(server)) {
      server.command("PING");
      run.reset();
      sent.reset();

      server.command("INFO", "server");

      assertThat(sent.counts()).containsEntry("info", 1L).doesNotContainKey("ping");
      run.reset();
      assertThat(run.counts()).isEmpty();
    }
  }

  @Test
  void runBy_countsTheCallersOwnInfo() {
    try (var commands = CommandCounter.runBy(server)) {
      server.command("INFO", "server");

      assertThat(commands.counts()).containsExactly(entry("info", 1L));
    }
  }

  @Test
  void restartedServer_isNoticed() {
    try (var commands = CommandCounter.runBy(server)) {
      server.restart();

      assertThatIllegalStateException().isThrownBy(commands::counts);
    }
  }

  private long commandsProcessed() {
    return server
        .info("stats")
        .lines()
        .filter(line -> line.startsWith("total_commands_processed:"))
        .map(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
        .findFirst()
        .orElseThrow();
  }
}
