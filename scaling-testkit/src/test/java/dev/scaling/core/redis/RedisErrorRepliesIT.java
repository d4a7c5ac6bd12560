package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.connected;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.RedisServers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class RedisErrorRepliesIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.primaryWithReplica();

  private static final String KEY = "secret-key";
  private static final byte[] VALUE = bytes("secret-value");

  private Redis redis = connected(servers.address());

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void wrongType_isRejected_alone() {
    servers.server().command("LPUSH", KEY, "element");

    assertRejected("WRONGTYPE", redis.get(KEY, LONG));
    assertRejected("WRONGTYPE", redis.append(KEY, VALUE, 1, LONG));
    assertRejected("WRONGTYPE", redis.read(KEY, "0-0", 1, LONG));
  }

  @Test
  void wrongType_amongOtherCalls_failsNoOther() throws Exception {
    servers.server().command("LPUSH", KEY, "element");
    servers.server().command("SET", "key", "value");
    var good = new ArrayList<CompletableFuture<byte[]>>();
    var bad = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 300; i++) {
      good.add(redis.get("key", LONG));
      bad.add(redis.get(KEY, LONG));
    }

    for (var call : good) {
      assertThat(reply(call)).isEqualTo(bytes("value"));
    }
    bad.forEach(call -> assertRejected("WRONGTYPE", call));
  }

  @Test
  void fullServer_rejectsWrites_andStillReads() throws Exception {
    reply(redis.get(KEY, LONG));
    reply(increment(redis, "runs", LONG));
    servers.server().command("CONFIG", "SET", "maxmemory", "1");
    try {
      assertRejected("OOM", redis.append(KEY, VALUE, 1, LONG));
      assertRejected("OOM", increment(redis, KEY, LONG));
      assertThat(reply(redis.get(KEY, LONG))).isNull();
    } finally {
      servers.server().command("CONFIG", "SET", "maxmemory", "0");
    }
  }

  @Test
  void replica_rejectsWrites() {
    redis.close();
    redis = connected(servers.servers().get(1).address());

    assertRejected("READONLY", redis.append(KEY, VALUE, 1, LONG));
    assertRejected("READONLY", increment(redis, KEY, LONG));
    assertRejected("READONLY", increment(redis, KEY, LONG));
  }

  @Test
  void connectionWithoutPassword_isRejected_orNotMade() throws Exception {
    servers.requireFaults();
    try (var server = RedisServers.single()) {
      server.command("CONFIG", "SET", "requirepass", "hidden");
      String address = server.address();
      try (var stranger = Redis.connect(address);
          var wrong = Redis.connect(address.replace("//", "//:wrong-secret@"));
          var right = connected(address.replace("//", "//:hidden@"))) {
        assertThat(reply(right.get(KEY, LONG))).isNull();
        for (var other : List.of(stranger, wrong)) {
          var failure = failure(other.get(KEY, LONG));
          assertThat(failure.failure()).isIn(Failure.REJECTED, Failure.NOT_SENT);
          assertThat(failure.getMessage()).containsAnyOf("NOAUTH", "WRONGPASS");
          assertTellsNothing(failure);
          assertThat(other.ready(LONG)).failsWithin(SECOND.multipliedBy(10));
        }
      }
    }
  }

  /** The key that is asked for may be outside of what the user may read. */
  @Test
  void ready_isAnsweredByARefusal() throws Exception {
    servers
        .server()
        .command("ACL", "SETUSER", "shop", "on", ">hidden", "~shop:*", "&shop:*", "+get", "+ping");
    try (var shop = Redis.connect(servers.address().replace("//", "//shop:hidden@"))) {
      reply(shop.ready(LONG));

      assertRejected("NOPERM", shop.get(KEY, LONG));
      assertThat(reply(shop.get("shop:key", LONG))).isNull();
    } finally {
      servers.server().command("ACL", "DELUSER", "shop");
    }
  }

  @Test
  void clientsOwnFailures_tellNoKeysAndValuesEither() throws Exception {
    reply(redis.get(KEY, LONG));
    servers.server().pause();
    var calls = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 30; i++) {
      calls.add(redis.append(KEY, VALUE, 1, SECOND));
    }
    servers.server().kill();
    for (int i = 0; i < 5; i++) {
      calls.add(redis.append(KEY, VALUE, 1, SECOND));
      calls.forEach(call -> assertTellsNothing(failure(call)));
    }
  }

  private static void assertRejected(String word, CompletableFuture<?> call) {
    var failure = failure(call);
    assertThat(failure.failure()).isEqualTo(Failure.REJECTED);
    assertThat(failure).hasMessageContaining(word);
    assertTellsNothing(failure);
  }

  private static void assertTellsNothing(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      assertThat(String.valueOf(cause.getMessage())).doesNotContain("secret", "hidden");
      for (Throwable beside : cause.getSuppressed()) {
        assertTellsNothing(beside);
      }
    }
  }
}
