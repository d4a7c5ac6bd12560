package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.failed;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
final class RedisProxyFaultsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LATE = Duration.ofMillis(100);
  private static final Duration LONG_AFTER = Duration.ofMillis(1_200);

  private final FaultProxy proxy = FaultProxy.to(servers.server());
  private final Redis redis = Redis.connect(proxy.address());

  @BeforeEach
  void warmUp() throws Exception {
    reply(increment(redis, "runs", LONG));
    servers.server().command("SET", "runs", "0");
  }

  @AfterEach
  void close() {
    redis.close();
    proxy.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"RESET_AFTER_WRITE", "DROP_REPLIES", "BLACK_HOLE", "DROP_REQUESTS"})
  void lostReplyOrRequest_isAmbiguous_andRunsAtMostOnce(Mode mode) throws Exception {
    proxy.mode(mode);
    var failed = failed(() -> increment(redis, "runs", SHORT));

    assertThat(failed.failure()).isEqualTo(Failure.AMBIGUOUS);
    assertThat(failed.took()).isLessThan(SHORT.plus(LATE));

    proxy.mode(Mode.PASS);
    proxy.cutConnections();
    boolean requestsArrive = mode == Mode.RESET_AFTER_WRITE || mode == Mode.DROP_REPLIES;
    assertThat(servers.server().command("GET", "runs")).isEqualTo(requestsArrive ? "1" : "0");
    await()
        .during(LONG_AFTER)
        .atMost(LONG)
        .until(() -> !"2".equals(servers.server().command("GET", "runs")));
    assertWorksWithin(Duration.ofSeconds(2));
  }

  @Test
  void refusedConnection_isNotSent_andSoSoon() {
    proxy.mode(Mode.REFUSE);
    proxy.cutConnections();

    for (int i = 0; i < 5; i++) {
      var failed = failed(() -> increment(redis, "runs", SECOND.multipliedBy(3)));
      assertThat(failed.failure()).isEqualTo(Failure.NOT_SENT);
      assertThat(failed.took()).isLessThan(SECOND);
    }

    proxy.mode(Mode.PASS);
    assertWorksWithin(Duration.ofSeconds(2));
    assertThat(servers.server().command("GET", "runs")).isEqualTo("0");
  }

  @Test
  void delayWithinTheTimeout_isBorne_andOneBeyondIsAmbiguous() throws Exception {
    proxy.delay(Duration.ofMillis(50));
    assertThat(reply(increment(redis, "runs", SECOND))).containsExactly(1L);

    proxy.delay(Duration.ofMillis(250));
    assertThat(failure(increment(redis, "runs", SHORT)).failure()).isEqualTo(Failure.AMBIGUOUS);

    proxy.delay(Duration.ZERO);
    await().until(() -> "2".equals(servers.server().command("GET", "runs")));
    await()
        .during(LONG_AFTER)
        .atMost(LONG)
        .until(() -> "2".equals(servers.server().command("GET", "runs")));
  }

  /** A batch whose connection dies must not hold up the next ones until its own deadline. */
  @Test
  void lostConnection_doesNotHoldUpLaterCalls() {
    proxy.mode(Mode.DROP_REPLIES);
    var lost = increment(redis, "runs", LONG);
    await().until(() -> "1".equals(servers.server().command("GET", "runs")));

    proxy.mode(Mode.PASS);
    proxy.cutConnections();

    assertWorksWithin(Duration.ofSeconds(2));
    assertThat(lost.isDone() ? failure(lost).failure() : Failure.AMBIGUOUS)
        .isEqualTo(Failure.AMBIGUOUS);
  }

  @Test
  void subscription_standsAgainAfterItsConnectionWasCut() throws Exception {
    var heard = new Heard();
    redis.subscribe("channel", heard);
    await().until(() -> heard.subscribed.get() == 1);

    proxy.cutConnections();

    await().until(() -> heard.subscribed.get() == 2);
    servers.server().command("PUBLISH", "channel", "message");
    await().until(() -> heard.messages.equals(List.of("message")));
  }

  private void assertWorksWithin(Duration most) {
    await()
        .atMost(most)
        .ignoreExceptions()
        .until(() -> reply(redis.get("key", Duration.ofMillis(200))) == null);
  }
}
