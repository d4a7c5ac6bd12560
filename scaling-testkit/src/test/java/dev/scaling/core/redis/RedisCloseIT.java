package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.HOUR;
import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.await;
import static dev.scaling.core.redis.Replies.awaitAnswers;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.connected;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.config.Config;

@Timeout(120)
final class RedisCloseIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @Test
  void close_endsTheThreads_noneOfWhichKeepsTheProgramAlive() throws Exception {
    await().until(() -> threads().isEmpty());
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    var redis = connected(servers.address());
    var heard = new Heard();
    redis.subscribe("channel", heard);
    await().until(() -> heard.subscribed.get() == 1);
    for (var verb : Replies.verbs(redis, LONG).values()) {
      reply(verb.get());
    }
    assertThat(threads()).isNotEmpty();
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> !before.contains(thread))
        .allMatch(Thread::isDaemon);

    redis.close();
    redis.close();

    await().until(() -> threads().isEmpty());
    assertThat(redis).hasToString("Redis[UP, closed]");
  }

  @Test
  void callsUnderWay_fail_andCloseDoesNotWaitForThem() {
    var time = new VirtualTime();
    var redis = Redis.builder(servers.address()).time(time).build();
    awaitAnswers(time, redis);
    servers.server().pause();
    var calls = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 600; i++) {
      calls.add(increment(redis, "runs", HOUR));
    }

    redis.close();

    // Time stands still, and Redisson's own timeouts are an hour off: it is close() that ends them.
    var failures = calls.stream().map(call -> failure(call).failure()).toList();
    assertThat(failures).containsOnly(Failure.AMBIGUOUS, Failure.CLOSED);
    long sent = failures.stream().filter(Failure.AMBIGUOUS::equals).count();
    servers.server().resume();
    await().during(SECOND).until(() -> runs() <= sent);
  }

  @Test
  void laterCalls_failAtOnce() {
    var redis = Redis.connect(servers.address());
    redis.close();

    Replies.verbs(redis, LONG).forEach((verb, call) -> {
      var made = call.get();
      assertThat(made).as(verb).isCompletedExceptionally();
      assertThat(failure(made).failure()).as(verb).isEqualTo(Failure.CLOSED);
    });
    var heard = new Heard();
    redis.subscribe("channel", heard).close();
    assertThat(heard.subscribed).hasValue(0);
  }

  @Test
  void usersClient_staysUsable_andKeepsNoSubscription() throws Exception {
    var config = new Config();
    config.useSingleServer().setAddress(servers.address());
    var client = Redisson.create(config);
    try {
      var redis = Redis.over(client);
      var heard = new Heard();
      redis.subscribe("channel", heard);
      await().until(() -> heard.subscribed.get() == 1);
      reply(redis.publish("channel", bytes("one"), LONG));
      await().until(() -> heard.messages.size() == 1);

      redis.close();

      assertThat(client.isShutdown()).isFalse();
      client.getAtomicLong("number").incrementAndGet();
      await().until(() -> List.of().equals(servers.server().command("PUBSUB", "CHANNELS")));
      assertThat(failure(redis.get("key", LONG)).failure()).isEqualTo(Failure.CLOSED);
    } finally {
      client.shutdown();
    }
  }

  @Test
  void usersClient_thatWasShutDown_failsCalls() {
    var config = new Config();
    config.useSingleServer().setAddress(servers.address());
    var client = Redisson.create(config);
    try (var redis = Redis.over(client)) {
      client.shutdown();

      Replies.verbs(redis, SECOND)
          .forEach((verb, call) -> assertThat(failure(call.get()).failure())
              .as(verb)
              .isIn(Failure.CLOSED, Failure.NOT_SENT));
    }
  }

  /** Threads that a client left behind. */
  static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("scaling-redis") || name.startsWith("redisson"))
        .toList();
  }

  private static long runs() {
    Object runs = servers.server().command("GET", "runs");
    return runs == null ? 0 : Long.parseLong((String) runs);
  }
}
