package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.opentest4j.TestAbortedException;

@Timeout(30)
final class RedisExtensionIT {

  @RegisterExtension
  static final RedisExtension redis = RedisExtension.masters(2);

  /** Whichever runs second finds what the first one must not have left. */
  @Nested
  final class EachTest {

    @Test
    void one_findsServersEmptyAndAnswering() {
      assertEmptyThenLeaveFaults();
    }

    @Test
    void other_findsServersEmptyAndAnswering() {
      assertEmptyThenLeaveFaults();
    }

    private void assertEmptyThenLeaveFaults() {
      for (RedisServer server : redis.servers()) {
        assertThat(server.command("DBSIZE")).isEqualTo(0L);
        server.command("SET", "key", "value");
      }
      redis.servers().get(0).pause();
      redis.servers().get(1).kill();
    }
  }

  @Test
  void faultsOnStrangersServers_abortTheTestWithTheReason() {
    redis.servers().get(0).command("SET", "key", "value");
    var source =
        RedisSource.choose(Map.of(RedisSource.URLS, String.join(",", redis.addresses()))::get);
    var extension = new RedisExtension(() -> source.topology(2, new Shape.Independent()));

    try (var strangers = source.topology(2, new Shape.Independent())) {
      RedisServer server = strangers.servers().get(0);
      assertThat(server.command("PING")).isEqualTo("PONG");
      assertAborted(server::pause);
      assertAborted(server::resume);
      assertAborted(server::kill);
      assertAborted(server::restart);
      assertAborted(strangers::requireFaults);
      strangers.mend();
      strangers.flush();
    }

    assertThat(redis.servers().get(0).command("DBSIZE"))
        .as("flushed, not ended")
        .isEqualTo(0L);
    assertThatIllegalStateException()
        .isThrownBy(extension::server)
        .withMessage("no servers: register the extension in a static field");
  }

  private static void assertAborted(Runnable fault) {
    assertThatThrownBy(fault::run)
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("which is not done to those of SCALING_REDIS_URLS");
  }
}
