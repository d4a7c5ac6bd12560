package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.HOUR;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.await;
import static dev.scaling.core.redis.Replies.awaitAnswers;
import static dev.scaling.core.redis.Replies.awaitNotSent;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.failureAtDeadline;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
final class RedisProxyFaultsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration SHORT = Duration.ofMillis(300);

  /** Longer than Redisson's timeout for a short one of ours: what it repeats, it has by then. */
  private static final Duration LONG_AFTER = Duration.ofMillis(1_200);

  private final FaultProxy proxy = FaultProxy.to(servers.server());
  private final VirtualTime time = new VirtualTime();
  private final Redis redis = Redis.builder(proxy.address()).time(time).build();

  /** Makes more connections than a test has calls: a new one could not be made through a fault. */
  @BeforeEach
  void warmUp() {
    await(time, () -> {
      var both = List.of(increment(redis, "runs", SECOND), increment(redis, "runs", SECOND));
      for (var call : both) {
        reply(call);
      }
      return proxy.connections() > /* one for calls, one for subscriptions= */ 2;
    });
    servers.server().command("SET", "runs", "0");
  }

  @AfterEach
  void close() {
    redis.close();
    proxy.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"DROP_REPLIES", "BLACK_HOLE", "DROP_REQUESTS"})
  void silence_isAmbiguous_atTheDeadline(Mode mode) {
    proxy.mode(mode);

    var failure = failureAtDeadline(time, HOUR, increment(redis, "runs", HOUR));

    assertThat(failure.failure()).isEqualTo(Failure.AMBIGUOUS);
  }

  /** Redisson does not tell when a connection dies under a command that it has written. */
  @Test
  void resetConnection_isAmbiguous_atTheDeadlineAtTheLatest() {
    proxy.mode(Mode.RESET_AFTER_WRITE);
    var lost = increment(redis, "runs", HOUR);
    await().until(() -> "1".equals(runs()));

    time.advance(HOUR);

    assertThat(lost).isCompletedExceptionally();
    assertThat(failure(lost).failure()).isEqualTo(Failure.AMBIGUOUS);
  }

  @ParameterizedTest
  @EnumSource(names = {"RESET_AFTER_WRITE", "DROP_REPLIES", "BLACK_HOLE", "DROP_REQUESTS"})
  void lostReplyOrRequest_isAmbiguous_andRunsAtMostOnce(Mode mode) {
    boolean requestsArrive = mode == Mode.RESET_AFTER_WRITE || mode == Mode.DROP_REPLIES;
    String runs = requestsArrive ? "1" : "0";
    proxy.mode(mode);
    var lost = increment(redis, "runs", SHORT);
    await().until(() -> runs.equals(runs()));
    time.advance(SHORT);
    assertThat(failure(lost).failure()).isEqualTo(Failure.AMBIGUOUS);

    proxy.cutConnections(); // what was not carried by now is lost
    proxy.mode(Mode.PASS);
    proxy.cutConnections(); // so are the connections that were made meanwhile
    await().during(LONG_AFTER).until(() -> runs.equals(runs()));
    awaitAnswers(time, redis);
    assertThat(runs()).isEqualTo(runs);
  }

  @Test
  void refusedConnection_isNotSent_beforeTheDeadline() {
    proxy.mode(Mode.REFUSE);
    proxy.cutConnections();
    awaitNotSent(redis);

    for (int i = 0; i < 5; i++) {
      var refused = increment(redis, "runs", HOUR); // time stands still: no deadline ends it
      assertThat(failure(refused).failure()).isEqualTo(Failure.NOT_SENT);
    }

    proxy.mode(Mode.PASS);
    awaitAnswers(time, redis);
    assertThat(runs()).isEqualTo("0");
  }

  @Test
  void delayWithinTheTimeout_isBorne() throws Exception {
    proxy.delay(Duration.ofMillis(50));

    var call = increment(redis, "runs", HOUR);
    time.advance(HOUR.minusNanos(1));

    assertThat(reply(call)).containsExactly(1L);
  }

  @Test
  void delayBeyondTheTimeout_isAmbiguous_andTheCommandRunsOnce() {
    proxy.delay(Duration.ofSeconds(3));

    var failure = failureAtDeadline(time, SHORT, increment(redis, "runs", SHORT));

    assertThat(failure.failure()).isEqualTo(Failure.AMBIGUOUS);
    assertThat(runs()).isEqualTo("0");
    proxy.delay(Duration.ZERO);
    await().until(() -> "1".equals(runs()));
    await().during(LONG_AFTER).until(() -> "1".equals(runs()));
  }

  /** A batch whose connection dies must not hold up the next ones until its own deadline. */
  @Test
  void lostConnection_doesNotHoldUpLaterCalls() {
    proxy.mode(Mode.DROP_REPLIES);
    var lost = increment(redis, "runs", HOUR);
    await().until(() -> "1".equals(runs()));

    proxy.mode(Mode.PASS);
    proxy.cutConnections();

    awaitAnswers(time, redis); // long before the deadline of the lost call
    time.advance(HOUR);
    assertThat(failure(lost).failure()).isEqualTo(Failure.AMBIGUOUS);
    assertThat(runs()).isEqualTo("1");
  }

  @Test
  void subscription_standsAgainAfterItsConnectionWasCut() {
    var heard = new Heard();
    redis.subscribe("channel", heard);
    await(time, () -> heard.subscribed.get() == 1);

    proxy.cutConnections();

    await(time, () -> heard.subscribed.get() == 2);
    servers.server().command("PUBLISH", "channel", "message");
    await().until(() -> heard.messages.equals(List.of("message")));
  }

  private static String runs() {
    return String.valueOf(servers.server().command("GET", "runs"));
  }
}
