package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.HOUR;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.await;
import static dev.scaling.core.redis.Replies.awaitAnswers;
import static dev.scaling.core.redis.Replies.awaitNotSent;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
final class RedisKilledServerIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private final VirtualTime time = new VirtualTime();
  private final Redis redis = Redis.builder(servers.address()).time(time).build();

  @BeforeEach
  void warmUp() {
    await(time, () -> !reply(increment(redis, "runs", SECOND)).isEmpty());
  }

  @AfterEach
  void close() {
    redis.close();
  }

  /** What was sent before the client noticed hears nothing more, and ends at its deadline. */
  @Test
  void eachVerb_failsAtItsDeadlineAtTheLatest() {
    servers.server().kill();

    Replies.verbs(redis, HOUR).forEach((verb, call) -> {
      var made = call.get();
      time.advance(HOUR);
      assertThat(made).as(verb).isCompletedExceptionally();
      assertThat(failure(made).failure()).as(verb).isIn(Failure.AMBIGUOUS, Failure.NOT_SENT);
    });
  }

  @Test
  void eachVerb_failsSoon_andWorksAgainOnceTheServerIsBack() throws Exception {
    servers.server().kill();
    awaitNotSent(redis);

    // Time stands still, so no deadline ends a call.
    Replies.verbs(redis, HOUR)
        .forEach((verb, call) ->
            assertThat(failure(call.get()).failure()).as(verb).isEqualTo(Failure.NOT_SENT));

    servers.server().restart();
    awaitAnswers(time, redis);
    assertThat(servers.server().command("GET", "runs")).isNull();
    assertThat(reply(increment(redis, "runs", HOUR))).containsExactly(1L);
    assertThat(servers.server().command("GET", "runs")).isEqualTo("1");
  }

  @Test
  void callsUnderWay_whenTheServerDies_endAtTheirDeadlineAtTheLatest() {
    servers.server().pause();
    var calls = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 1_000; i++) {
      calls.add(increment(redis, "runs", HOUR));
    }

    servers.server().kill();
    time.advance(HOUR);

    for (var call : calls) {
      assertThat(failure(call).failure()).isIn(Failure.AMBIGUOUS, Failure.NOT_SENT);
    }
  }

  @Test
  void subscription_standsAgain_andSaysSo() {
    var heard = new Heard();
    redis.subscribe("channel", heard);
    await(time, () -> heard.subscribed.get() == 1);

    servers.server().kill();
    servers.server().restart();

    await(time, () -> heard.subscribed.get() == 2);
    assertThat(servers.server().command("PUBLISH", "channel", "message")).isEqualTo(1L);
    await().untilAsserted(() -> assertThat(heard.messages).containsExactly("message"));
  }

  @Test
  void subscriptionMade_whileTheServerIsAway_standsOnceItIsBack() {
    servers.server().kill();
    awaitNotSent(redis);
    var heard = new Heard();
    redis.subscribe("other", heard);

    servers.server().restart();

    await(time, () -> heard.subscribed.get() >= 1);
    await(time, () -> reply(redis.publish("other", bytes("message"), SECOND)) == 1);
    await().untilAsserted(() -> assertThat(heard.messages).contains("message"));
  }
}
