package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.failed;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class RedisAbsentAtStartIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @Test
  void callsFail_untilTheServerAppears() throws Exception {
    servers.server().kill();
    var stalls = Stalls.start();
    try (var redis = Redis.connect(servers.address())) {
      assertThat(stalls.usable()).isLessThan(SECOND);
      var heard = new Heard();
      redis.subscribe("channel", heard);

      var first = failed(() -> redis.get("key", Duration.ofSeconds(3)));
      assertThat(first.failure()).isEqualTo(Failure.NOT_SENT);
      assertThat(first.took()).isLessThan(Duration.ofMillis(3_100));
      var later = failed(() -> redis.get("key", Duration.ofSeconds(3)));
      assertThat(later.failure()).isEqualTo(Failure.NOT_SENT);
      assertThat(later.took()).isLessThan(Duration.ofMillis(50));

      servers.server().restart();
      await()
          .atMost(Duration.ofSeconds(2))
          .ignoreExceptions()
          .until(() -> reply(redis.get("key", SECOND)) == null);
      assertThat(reply(increment(redis, "runs", SECOND))).containsExactly(1L);
      await().until(() -> heard.subscribed.get() == 1);
      servers.server().command("PUBLISH", "channel", "message");
      await().untilAsserted(() -> assertThat(heard.messages).containsExactly("message"));
    }
  }

  @Test
  void serverThatAcceptsAndIsSilent_isLikeOneThatIsAway() {
    try (var proxy = FaultProxy.to(servers.server())) {
      proxy.mode(Mode.HALF_OPEN);
      try (var redis = Redis.connect(proxy.address())) {
        var first = failed(() -> increment(redis, "runs", Duration.ofMillis(300)));
        assertThat(first.failure()).isEqualTo(Failure.NOT_SENT);
        assertThat(first.took()).isLessThan(Duration.ofMillis(400));

        proxy.mode(Mode.PASS);
        proxy.cutConnections();
        await()
            .atMost(LONG)
            .ignoreExceptions()
            .until(() -> reply(redis.get("key", SECOND)) == null);
      }
    }
  }

  @Test
  void callerOfACallThatTimedOut_mayCallAgain_whileNothingIsOpen() {
    try (var proxy = FaultProxy.to(servers.server())) {
      proxy.mode(Mode.HALF_OPEN);
      try (var redis = Redis.connect(proxy.address())) {
        var again = redis
            .get("key", Duration.ofMillis(50))
            .handle((reply, failure) -> redis.get("key", Duration.ofMillis(50)))
            .thenCompose(second -> second);
        var other = redis.get("key", Duration.ofMillis(60));

        assertThat(failed(() -> other).took()).isLessThan(Duration.ofMillis(300));
        assertThat(failed(() -> again).took()).isLessThan(Duration.ofMillis(300));
      }
    }
  }

  @Test
  void close_whileOpening_leavesNoThread() {
    try (var proxy = FaultProxy.to(servers.server())) {
      proxy.mode(Mode.HALF_OPEN);
      var redis = Redis.connect(proxy.address());
      var call = redis.get("key", LONG);
      await().until(() -> proxy.connections() > 0);

      redis.close();

      assertThat(failed(() -> call).failure()).isEqualTo(Failure.CLOSED);
      await().atMost(LONG).until(() -> RedisCloseIT.threads().isEmpty());
    }
  }

  @Test
  void close_rightAfterConnect_leavesNoThread() {
    for (int i = 0; i < 5; i++) {
      Redis.connect(servers.address()).close();
    }

    await().atMost(LONG).until(() -> RedisCloseIT.threads().isEmpty());
  }
}
