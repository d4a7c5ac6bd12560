package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.HOUR;
import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.await;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.RedisServer;
import dev.scaling.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

@Timeout(120)
final class RedisClusterIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.cluster(3, 0);

  private final RedissonClient client = Redisson.create(config());
  private final VirtualTime time = new VirtualTime();
  private final Redis redis = Redis.builder(client).time(time).build();

  @AfterEach
  void close() {
    redis.close();
    client.shutdown();
  }

  @Test
  void slotOf_isTheServers() {
    for (String key : List.of("key", "a{b}c", "{}x", "{a}{b}", "schlüssel", "")) {
      assertThat((long) redis.slotOf(key))
          .as(key)
          .isEqualTo(servers.server().command("CLUSTER", "KEYSLOT", key));
    }
  }

  @Test
  void getAll_overManySlots_keepsTheOrderOfTheKeys() throws Exception {
    var keys = IntStream.range(0, 200).mapToObj(i -> "key" + i).toList();
    for (int i = 0; i < keys.size(); i += 2) {
      reply(redis.eval(
          LuaScript.of("set", "return {redis.call('SET', KEYS[1], ARGV[1])}"),
          List.of(keys.get(i)),
          List.of(bytes("value" + i)),
          LONG));
    }

    var values = reply(redis.getAll(keys, LONG));

    for (int i = 0; i < keys.size(); i++) {
      assertThat(values.get(i)).isEqualTo(i % 2 == 0 ? bytes("value" + i) : null);
    }
  }

  @Test
  void scripts_runOnTheMasterOfTheirKey() throws Exception {
    for (RedisServer master : servers.servers()) {
      String key = keyOf(master, "runs");
      assertThat(reply(increment(redis, key, LONG))).containsExactly(1L);
      assertThat(master.command("GET", key)).isEqualTo("1");
    }
    var crossing = redis.eval(
        Replies.INCREMENT,
        List.of(keyOf(servers.servers().get(0), "a"), keyOf(servers.servers().get(1), "a")),
        List.of(),
        LONG);
    assertThat(failure(crossing)).hasMessageContaining("CROSSSLOT");
  }

  @Test
  void messages_crossTheNodes() throws Exception {
    var heard = new Heard();
    redis.subscribe("channel", heard);
    await(time, () -> heard.subscribed.get() == 1);

    reply(redis.publish("channel", bytes("ours"), LONG));
    for (RedisServer master : servers.servers()) {
      master.command("PUBLISH", "channel", "from elsewhere");
    }

    await().until(() -> heard.messages.size() == 4);
  }

  @Test
  void hungMaster_holdsUpOnlyItsOwnCalls() throws Exception {
    servers
        .servers()
        .forEach(server -> server.command("CONFIG", "SET", "cluster-require-full-coverage", "no"));
    var hung = servers.servers().get(0);
    String stuckKey = keyOf(hung, "runs");
    String key = keyOf(servers.servers().get(1), "runs");
    reply(increment(redis, stuckKey, LONG));
    reply(increment(redis, key, LONG));
    hung.pause();
    var stuck = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 300; i++) {
      stuck.add(increment(redis, stuckKey, HOUR));
    }

    for (int i = 0; i < 50; i++) {
      assertThat(reply(increment(redis, key, HOUR))).containsExactly(i + 2L);
    }
    assertThat(stuck).noneMatch(CompletableFuture::isDone);
    time.advance(HOUR);
    stuck.forEach(
        call -> assertThat(failure(call).failure()).isIn(Failure.AMBIGUOUS, Failure.NOT_SENT));
    hung.resume(); // or the owner's client waits for its commands before it shuts down
  }

  /**
   * A command that is redirected did not run where it was refused, nor did it take others along.
   */
  @Test
  void movedSlot_isFollowed_andRunsOnce() throws Exception {
    var from = servers.servers().get(0);
    var to = servers.servers().get(1);
    String moved = keyOf(from, "moved");
    String stays = keyOf(from, "stays");
    reply(increment(redis, stays, LONG));
    String slot = String.valueOf(redis.slotOf(moved));
    String id = String.valueOf(to.command("CLUSTER", "MYID"));
    servers.servers().forEach(server -> server.command("CLUSTER", "SETSLOT", slot, "NODE", id));
    try {
      var calls = new ArrayList<CompletableFuture<?>>();
      for (int i = 0; i < 100; i++) {
        calls.add(increment(redis, stays, LONG));
        calls.add(increment(redis, moved, LONG));
      }
      long mayHaveRun = calls.stream()
          .filter(call -> call.handle((reply, failure) ->
                  failure == null || ((RedisCallException) failure).failure() == Failure.AMBIGUOUS)
              .join())
          .count();

      long ran = Long.parseLong(String.valueOf(from.command("GET", stays)))
          - 1
          + Long.parseLong(String.valueOf(to.command("GET", moved)));
      assertThat(ran).isLessThanOrEqualTo(mayHaveRun).isGreaterThan(0);
    } finally {
      String old = String.valueOf(from.command("CLUSTER", "MYID"));
      to.command("DEL", moved);
      servers.servers().forEach(server -> server.command("CLUSTER", "SETSLOT", slot, "NODE", old));
    }
  }

  /** Finds a key that a master serves: three of them share the slots in order and evenly. */
  private String keyOf(RedisServer master, String prefix) {
    int index = servers.servers().indexOf(master);
    for (int i = 0; ; i++) {
      if (redis.slotOf(prefix + i) * 3 / 16_384 == index) {
        return prefix + i;
      }
    }
  }

  private static Config config() {
    var config = new Config();
    config.useClusterServers().addNodeAddress(servers.addresses().toArray(String[]::new));
    return config;
  }
}
