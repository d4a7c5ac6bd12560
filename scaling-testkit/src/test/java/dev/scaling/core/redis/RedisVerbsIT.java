package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.connected;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis.Health;
import dev.scaling.core.redis.Redis.StreamEntry;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class RedisVerbsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final byte[] BINARY = {0, -1, '\r', '\n', -128, 127};

  private final Redis redis = connected(servers.address());

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void get_returnsBytesOrNull() throws Exception {
    servers.server().command("SET", "key", "wört");
    servers.server().command("SET", "empty", "");

    assertThat(reply(redis.get("key", LONG))).isEqualTo(bytes("wört"));
    assertThat(reply(redis.get("empty", LONG))).isEmpty();
    assertThat(reply(redis.get("none", LONG))).isNull();
  }

  @Test
  void keys_areSentAsTheyAre() throws Exception {
    for (String key : List.of("a:{b}:c", "{}", "schlüssel 键 🔑", "a\r\nb", "")) {
      servers.server().command("SET", key, "value of " + key);

      assertThat(reply(redis.get(key, LONG))).as(key).isEqualTo(bytes("value of " + key));
    }
  }

  @Test
  void getAll_keepsTheOrderOfTheKeys_doublesIncluded() throws Exception {
    servers.server().command("MSET", "a", "1", "b", "2");

    assertThat(reply(redis.getAll(List.of("b", "none", "a", "b"), LONG)))
        .containsExactly(bytes("2"), null, bytes("1"), bytes("2"));
    assertThat(reply(redis.getAll(List.of("none"), LONG))).containsOnlyNulls();
  }

  @Test
  void getAllOfNothing_sendsNothing() throws Exception {
    reply(redis.get("key", LONG));
    try (var sent = CommandCounter.sentTo(servers.server())) {
      assertThat(reply(redis.getAll(List.of(), LONG))).isEmpty();
      assertThat(sent.counts()).doesNotContainKeys("mget", "get");
    }
  }

  @Test
  void binaryValues_areKept() throws Exception {
    var store = LuaScript.of("store", "return {redis.call('SET', KEYS[1], ARGV[1]), ARGV[1]}");

    List<Object> stored = reply(redis.eval(store, List.of("key"), List.of(BINARY), LONG));

    assertThat(stored).containsExactly(bytes("OK"), BINARY);
    assertThat(reply(redis.get("key", LONG))).isEqualTo(BINARY);
    assertThat(reply(redis.getAll(List.of("key"), LONG))).containsExactly(BINARY);
  }

  @Test
  void stream_givesBackWhatCameAfter_oldestFirst() throws Exception {
    String first = reply(redis.append("stream", bytes("one"), 100, LONG));
    String second = reply(redis.append("stream", BINARY, 100, LONG));
    reply(redis.append("stream", bytes("three"), 100, LONG));

    List<StreamEntry> after = reply(redis.read("stream", first, 10, LONG));
    assertThat(after).extracting(StreamEntry::body).containsExactly(BINARY, bytes("three"));
    assertThat(after.get(0).id()).isEqualTo(second).matches("\\d+-\\d+");
    assertThat(reply(redis.read("stream", "0-0", 1, LONG)))
        .extracting(StreamEntry::body)
        .containsExactly(bytes("one"));
    assertThat(reply(redis.read("none", "0-0", 1, LONG))).isEmpty();
  }

  @Test
  void append_keepsAboutTheNewest() throws Exception {
    for (int i = 0; i < 400; i++) {
      reply(redis.append("stream", bytes("body"), 1, LONG));
    }

    assertThat((Long) servers.server().command("XLEN", "stream")).isBetween(1L, 250L);
  }

  @Test
  void publish_countsReceivers_andSubscriptionHearsThemInOrder() throws Exception {
    var heard = new Heard();
    assertThat(reply(redis.publish("channel", bytes("early"), LONG))).isZero();

    var subscription = redis.subscribe("channel", heard);
    await().until(() -> heard.subscribed.get() == 1);
    for (int i = 0; i < 50; i++) {
      assertThat(reply(redis.publish("channel", bytes("message " + i), LONG))).isOne();
    }
    await().until(() -> heard.messages.size() == 50);
    assertThat(heard.messages).startsWith("message 0", "message 1").endsWith("message 49");

    subscription.close();
    subscription.close();
    await().until(() -> reply(redis.publish("channel", bytes("late"), LONG)) == 0);
    assertThat(heard.messages).hasSize(50);
    assertThat(heard.subscribed).hasValue(1);
  }

  @Test
  void subscriptions_toOneChannel_doNotDisturbOneAnother() throws Exception {
    var one = new Heard();
    var other = new Heard();
    var first = redis.subscribe("channel", one);
    redis.subscribe("channel", other);
    await().until(() -> one.subscribed.get() == 1 && other.subscribed.get() == 1);

    first.close();
    reply(redis.publish("channel", bytes("message"), LONG));

    await().until(() -> other.messages.size() == 1);
    assertThat(one.messages).isEmpty();
  }

  @Test
  void failingListener_hearsTheNextMessage() throws Exception {
    var heard = new Heard();
    redis.subscribe("channel", new Redis.Listener() {
      @Override
      public void onMessage(byte[] message) {
        heard.onMessage(message);
        throw new IllegalStateException("on purpose");
      }

      @Override
      public void onSubscribed() {
        heard.onSubscribed();
      }
    });
    await().until(() -> heard.subscribed.get() == 1);

    reply(redis.publish("channel", bytes("one"), LONG));
    reply(redis.publish("channel", bytes("two"), LONG));

    await().untilAsserted(() -> assertThat(heard.messages).containsExactly("one", "two"));
  }

  @Test
  void eachVerb_isOneCommand() throws Exception {
    reply(Replies.increment(redis, "runs", LONG));
    try (var sent = CommandCounter.sentTo(servers.server())) {
      for (var verb : Replies.verbs(redis, LONG).values()) {
        reply(verb.get());
      }

      var counts = new TreeMap<>(sent.counts());
      counts.keySet().removeAll(List.of("ping", "hello", "client"));
      assertThat(counts)
          .isEqualTo(Map.of(
              "get", 1L, "mget", 1L, "evalsha", 1L, "publish", 1L, "xadd", 1L, "xrange", 1L));
    }
  }

  @Test
  void health_isUnknown_thenUp() throws Exception {
    try (var fresh = Redis.connect(servers.address())) {
      assertThat(fresh.health().state()).isEqualTo(Health.State.UNKNOWN);

      reply(fresh.ready(LONG));

      assertThat(fresh.health().state()).isEqualTo(Health.State.UP);
      assertThat(fresh).hasToString("Redis[UP]");
    }
  }
}
