package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.failed;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class RedisKilledServerIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration SHORT = Duration.ofMillis(200);

  private final Redis redis = Redis.connect(servers.address());

  @BeforeEach
  void warmUp() throws Exception {
    reply(increment(redis, "runs", LONG));
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void eachVerb_failsSoon_andWorksAgainOnceTheServerIsBack() throws Exception {
    servers.server().kill();

    Replies.verbs(redis, SECOND).forEach((verb, call) -> {
      var failed = failed(call);
      assertThat(failed.failure()).as(verb).isIn(Failure.AMBIGUOUS, Failure.NOT_SENT);
      assertThat(failed.took()).as(verb).isLessThan(SECOND.plusMillis(100));
    });
    var later = failed(() -> increment(redis, "runs", LONG));
    assertThat(later.failure()).isEqualTo(Failure.NOT_SENT);
    assertThat(later.took()).isLessThan(SECOND);

    servers.server().restart();
    await()
        .atMost(Duration.ofSeconds(2))
        .ignoreExceptions()
        .until(() -> reply(redis.get("key", SHORT)) == null);
    assertThat(servers.server().command("GET", "runs")).isNull();
    assertThat(reply(increment(redis, "runs", SECOND))).containsExactly(1L);
    assertThat(servers.server().command("GET", "runs")).isEqualTo("1");
  }

  @Test
  void callsUnderWay_whenTheServerDies_endInTheirTime() {
    servers.server().pause();
    var calls = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 1_000; i++) {
      calls.add(increment(redis, "runs", SECOND));
    }
    var stalls = Stalls.start();

    servers.server().kill();

    for (var call : calls) {
      assertThat(failure(call).failure()).isIn(Failure.AMBIGUOUS, Failure.NOT_SENT);
    }
    assertThat(stalls.usable()).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void subscription_standsAgain_andSaysSo() {
    var heard = new Heard();
    redis.subscribe("channel", heard);
    await().until(() -> heard.subscribed.get() == 1);

    servers.server().kill();
    servers.server().restart();

    await().until(() -> heard.subscribed.get() == 2);
    assertThat(servers.server().command("PUBLISH", "channel", "message")).isEqualTo(1L);
    await().untilAsserted(() -> assertThat(heard.messages).containsExactly("message"));
  }

  @Test
  void subscriptionMade_whileTheServerIsAway_standsOnceItIsBack() throws Exception {
    servers.server().kill();
    failure(redis.get("key", SHORT));
    var heard = new Heard();
    redis.subscribe("other", heard);

    servers.server().restart();

    await().until(() -> heard.subscribed.get() >= 1);
    await().until(() -> reply(redis.publish("other", bytes("message"), SECOND)) == 1);
    await().untilAsserted(() -> assertThat(heard.messages).contains("message"));
  }
}
