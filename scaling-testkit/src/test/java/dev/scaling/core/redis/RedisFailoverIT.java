package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.connected;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.config.ReadMode;

/** A port over a client that its owner set up to read from replicas and to send again. */
@Timeout(90)
final class RedisFailoverIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.primaryWithReplica();

  private static final Duration SHORT = Duration.ofMillis(300);

  private final RedissonClient client = Redisson.create(config());
  private final Redis redis = Redis.over(client);

  @AfterEach
  void close() {
    redis.close();
    client.shutdown();
  }

  @Test
  void reads_goToTheMaster_aloneAndInBatches() throws Exception {
    reply(increment(redis, "runs", LONG));
    try (var replica = CommandCounter.sentTo(servers.servers().get(1))) {
      var calls = new ArrayList<CompletableFuture<?>>();
      for (int i = 0; i < 200; i++) {
        reply(redis.get("alone", LONG));
        calls.add(redis.get("key", LONG));
        calls.add(redis.getAll(List.of("key", "other"), LONG));
        calls.add(redis.read("stream", "0-0", 1, LONG));
      }
      for (var call : calls) {
        reply(call);
      }

      assertThat(replica.counts()).doesNotContainKeys("get", "mget", "xrange", "evalsha");
    }
  }

  /** The owner's settings would send each of these up to four times more. */
  @Test
  void ownersRetries_areNotOurs() {
    var calls = new ArrayList<CompletableFuture<?>>();
    servers.server().pause();
    for (int i = 0; i < 20; i++) {
      calls.add(increment(redis, "runs", SHORT));
      calls.add(redis.append("stream", bytes("body"), 100, SHORT));
      calls.add(redis.publish("channel", bytes("message"), SHORT));
    }
    long mayHaveRun = calls.stream()
        .filter(call -> failure(call).failure() == Failure.AMBIGUOUS)
        .count();
    await().during(Duration.ofSeconds(4)).atMost(LONG).until(() -> true);

    servers.server().resume();
    await().during(SECOND).atMost(LONG).until(() -> true);

    long ran = number("GET", "runs") + number("XLEN", "stream");
    assertThat(ran).isLessThanOrEqualTo(mayHaveRun).isLessThanOrEqualTo(40);
  }

  @Test
  void loneCommand_isSentOnce_overAClientThatSendsAgain() {
    servers.server().pause();
    failure(increment(redis, "runs", SHORT));
    await().during(Duration.ofSeconds(4)).atMost(LONG).until(() -> true);

    servers.server().resume();
    await().during(SECOND).atMost(LONG).until(() -> number("GET", "runs") <= 1);
  }

  @Test
  void promotedReplica_takesCalls_scriptsIncluded() throws Exception {
    reply(increment(redis, "runs", LONG));
    await().until(() -> "1".equals(servers.servers().get(1).command("GET", "runs")));

    var promoted = servers.topology().failover();

    try (var other = connected(promoted.address())) {
      assertThat(reply(increment(other, "runs", LONG))).containsExactly(2L);
    }
    assertThat(failure(increment(redis, "runs", SHORT)).failure())
        .isIn(Failure.NOT_SENT, Failure.AMBIGUOUS);
    assertThat(promoted.command("GET", "runs")).isEqualTo("2");
  }

  private static long number(String... command) {
    Object reply = servers.server().command(command);
    return reply == null ? 0 : Long.parseLong(String.valueOf(reply));
  }

  private static Config config() {
    var config = new Config();
    config
        .useMasterSlaveServers()
        .setMasterAddress(servers.addresses().get(0))
        .addSlaveAddress(servers.addresses().get(1))
        .setReadMode(ReadMode.SLAVE)
        .setTimeout(300);
    return config;
  }
}
