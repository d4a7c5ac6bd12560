package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.concurrency.limit.RateLimiterBuilder.WhenRedisFails;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The limiter on a real Redis, whose clock the tests hold where they need to. */
@Timeout(120)
final class RateLimiterIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private final ServerTime server = new ServerTime();
  private final VirtualTime time = new VirtualTime();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Redis redis;

  @BeforeEach
  void connect() {
    redis = Redis.connect(servers.address());
    open.add(redis);
    redis.ready(Duration.ofMinutes(1)).join();
  }

  @AfterEach
  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  @Test
  void burst_thenRate_withTheTimeToWaitExactly() {
    var limiter = limiter(b -> b.limit("api", RateLimit.perSecond(10).withBurst(3)));

    assertThat(limiter.tryAcquire("a"))
        .isEqualTo(new Decision(1, Duration.ZERO, 2, Duration.ofMillis(100), "api", Source.STORE));
    assertThat(limiter.tryAcquire("a", 2).remaining()).isZero();
    var refused = limiter.tryAcquire("a");
    assertThat(refused)
        .isEqualTo(new Decision(
            0, Duration.ofMillis(100), 0, Duration.ofMillis(300), "api", refused.source()));

    advance(Duration.ofMillis(100).minusNanos(1_000));
    assertThat(limiter.tryAcquire("a").isPermitted()).isFalse();
    advance(Duration.ofNanos(1_000));
    assertThat(limiter.tryAcquire("a").isPermitted()).isTrue();
    assertThat(limiter.tryAcquire("b").isPermitted()).isTrue();
  }

  @Test
  void allLimits_orNone() {
    var limiter = limiter(b -> b.limit("second", RateLimit.perSecond(2))
        .limit("hour", RateLimit.of(3, Duration.ofHours(1))));

    assertThat(limiter.tryAcquire("a", 2).limitedBy()).isEqualTo("second");
    advance(Duration.ofSeconds(1));
    var refused = limiter.tryAcquire("a", 2);
    assertThat(refused.limitedBy()).isEqualTo("hour");
    assertThat(refused.retryAfter()).isEqualTo(Duration.ofMinutes(20).minusSeconds(1));

    assertThat(limiter.tryAcquire("a", 1).isPermitted()).as("nothing was taken").isTrue();
  }

  @Test
  void asManyAsThereAre() {
    var limiter = limiter(b -> b.limit("api", RateLimit.perSecond(5)));

    assertThat(limiter.tryAcquireUpTo("a", 3).permits()).isEqualTo(3);
    assertThat(limiter.tryAcquireUpTo("a", 100).permits()).isEqualTo(2);
    assertThat(limiter.tryAcquireUpTo("a", 100).permits()).isZero();
  }

  @Test
  void changedLimits_keepWhatWasTaken() {
    var before = limiter(b -> b.limit("api", RateLimit.of(10, Duration.ofMinutes(1))));
    assertThat(before.tryAcquireUpTo("a", 6).permits()).isEqualTo(6);

    var after = limiter(b -> b.limit("new", RateLimit.perSecond(1_000))
        .limit("api", RateLimit.of(20, Duration.ofMinutes(1))));

    assertThat(after.tryAcquireUpTo("a", 100).permits()).isEqualTo(14);
  }

  @Test
  void instances_shareTheLimits_andKeysLiveNoLongerThanTheyMatter() {
    var one = limiter(b -> b.limit("api", RateLimit.of(10, Duration.ofMinutes(1))));
    var two = limiter(b -> b.limit("api", RateLimit.of(10, Duration.ofMinutes(1))));

    assertThat(one.tryAcquireUpTo("a", 7).permits()).isEqualTo(7);
    assertThat(two.tryAcquireUpTo("a", 7).permits()).isEqualTo(3);
  }

  @Test
  void shippedScripts_useTheServersClock_andTheKeyEndsByItself() {
    var limiter = RateLimiter.builder("real", redis)
        .limit("api", RateLimit.of(100, Duration.ofSeconds(10)))
        .redisTimeout(Duration.ofSeconds(30))
        .build();
    open.add(limiter);

    assertThat(limiter.tryAcquire("{a}", 20).isPermitted()).isTrue();

    var pttl = (Long) servers.server().command("PTTL", "scaling:real:r:1:{{a}}");
    assertThat(pttl).isBetween(0L, 2_000L);
    assertThat((Long) servers.server().command("STRLEN", "scaling:real:r:1:{{a}}"))
        .isIn(0L, 23L);
    await().until(() -> members("real") == 1);
  }

  /**
   * A clock that was set back by an hour holds up a key for its burst and wait, not for an hour.
   */
  @Test
  void serversClockSetBack_heals() {
    var limiter =
        limiter(b -> b.limit("api", RateLimit.perSecond(10)).longestWait(Duration.ofSeconds(2)));
    limiter.tryAcquireUpTo("a", 10);

    server.micros.addAndGet(-Duration.ofHours(1).toNanos() / 1_000);
    time.advance(Duration.ofSeconds(2)); // what was refused before is forgotten
    assertThat(limiter.tryAcquire("a").isPermitted()).isFalse();
    advance(Duration.ofSeconds(3));

    assertThat(limiter.tryAcquireUpTo("a", 100).permits()).isEqualTo(10);
  }

  @Test
  void callsAtOnce_shareAScript_andAreServedInTheirOrder() {
    var limiter = limiter(b -> b.limit("api", RateLimit.perSecond(40)));
    limiter.tryAcquire("a");
    await().until(() -> members("test") == 1); // nothing else is sent
    var counter = CommandCounter.runBy(servers.server());
    servers.server().pause();
    List<CompletableFuture<Decision>> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      calls.add(limiter.tryAcquireAsync("a", 1));
    }
    servers.server().resume();

    var permitted = calls.stream().map(call -> call.join().isPermitted()).toList();

    assertThat(permitted.subList(0, 39)).containsOnly(true);
    assertThat(permitted.subList(39, 100)).containsOnly(false);
    assertThat(counter.counts().get("evalsha")).isLessThanOrEqualTo(3);
  }

  @Test
  void refusalThatWasHeard_isNotAskedForAgain_untilThereMayBeAPermit() {
    var limiter = limiter(b -> b.limit("api", RateLimit.perSecond(2)));
    limiter.tryAcquireUpTo("a", 2);
    await().until(() -> members("test") == 1); // nothing else is sent
    var counter = CommandCounter.runBy(servers.server());

    for (int i = 0; i < 1_000; i++) {
      assertThat(limiter.tryAcquire("a").source()).isEqualTo(Source.REMEMBERED_REFUSAL);
    }

    assertThat(counter.counts()).doesNotContainKey("evalsha");
    advance(Duration.ofMillis(500));
    assertThat(limiter.tryAcquire("a").source()).isEqualTo(Source.STORE);
    assertThat(limiter.snapshot().rememberedRefusals()).isEqualTo(1_000);
  }

  @Test
  void redisAway_localShare_grantsWithinTheLimits_andOwesIt() {
    var limiter = limiter(b -> b.limit("api", RateLimit.of(10, Duration.ofMinutes(1)))
        .redisTimeout(Duration.ofMillis(200)));
    await().until(() -> members("test") == 1); // its heartbeat does not fail too
    servers.server().pause();

    var first = limiter.tryAcquireUpTo("a", 4);
    assertThat(first.permits()).isEqualTo(4);
    assertThat(first.source()).isEqualTo(Source.FALLBACK);
    assertThat(limiter.tryAcquireUpTo("a", 100).permits()).isEqualTo(6);
    assertThat(limiter.tryAcquire("a").isPermitted()).isFalse();
    assertThat(limiter.toString()).contains("Redis away");
    assertThat(limiter.snapshot().redisFailures()).isEqualTo(1);
    assertThat(limiter.snapshot().isRedisAway()).isTrue();
    servers.server().resume();

    await().untilAsserted(() -> {
      time.advance(Duration.ofMillis(100));
      var decision = limiter.tryAcquire("a");
      assertThat(decision.source()).isEqualTo(Source.STORE);
      assertThat(decision.isPermitted()).isFalse();
    });
  }

  @Test
  void redisAway_failOpenAndFailClosed_doAsTheySay() {
    var opens = limiter(b -> b.limit("api", RateLimit.perSecond(1))
        .redisTimeout(Duration.ofMillis(200))
        .whenRedisFails(WhenRedisFails.FAIL_OPEN));
    var closes = limiter(b -> b.limit("api", RateLimit.perSecond(1))
        .redisTimeout(Duration.ofMillis(200))
        .whenRedisFails(WhenRedisFails.FAIL_CLOSED));
    servers.server().kill();

    for (int i = 0; i < 5; i++) {
      assertThat(opens.tryAcquire("a").isPermitted()).isTrue();
      assertThat(closes.tryAcquire("a").isPermitted()).isFalse();
    }
    servers.server().restart();
  }

  /** An error came wrapped to those who do not block, and was taken for silence. */
  @Test
  void keyOfAWrongType_isDecidedWithoutRedis_andKeepsNoOtherKeyFromIt() {
    var limiter = limiter(b -> b.limit("api", RateLimit.perSecond(10)));
    servers.server().command("LPUSH", "scaling:test:r:1:{bad}", "x");

    assertThat(limiter.tryAcquire("bad").source()).isEqualTo(Source.FALLBACK);
    assertThat(limiter.tryAcquireAsync("bad", 1).join().source()).isEqualTo(Source.FALLBACK);
    assertThat(limiter.reserve("bad", 1, Duration.ZERO).isReady()).isTrue();

    assertThat(limiter.toString()).doesNotContain("away");
    assertThat(limiter.tryAcquire("good").source()).isEqualTo(Source.STORE);
  }

  @Test
  void close_leavesNoTimer() {
    int before = time.pending();
    var limiter = limiter(b -> b.limit("api", RateLimit.perSecond(10)));
    assertThat(time.pending()).isGreaterThan(before);

    limiter.close();

    assertThat(time.pending()).isEqualTo(before);
  }

  /** Redisson's limiter sends a call again after a pause, and loses capacity for good each time. */
  @Test
  void pausesOfTheServer_debitNothingTwice() {
    var limiter = limiter(b -> b.limit("api", RateLimit.of(100, Duration.ofHours(1)))
        .redisTimeout(Duration.ofMillis(200))
        .whenRedisFails(WhenRedisFails.FAIL_CLOSED));
    for (int i = 0; i < 5; i++) {
      servers.server().pause();
      assertThat(limiter.tryAcquire("a").isPermitted()).isFalse();
      servers.server().resume();
      await().until(() -> {
        time.advance(Duration.ofMillis(100));
        return limiter.tryAcquireUpTo("other", 1).source() == Source.STORE;
      });
    }

    var patient = limiter(b -> b.limit("api", RateLimit.of(100, Duration.ofHours(1))));
    assertThat(patient.tryAcquireUpTo("a", 1_000).permits()).isBetween(95L, 100L);
  }

  /** Returns how many instances have been counted. */
  private static long members(String limiter) {
    return (Long) servers.server().command("ZCARD", "scaling:" + limiter + ":m:1");
  }

  private RateLimiter limiter(Consumer<RateLimiterBuilder> settings) {
    var builder = RateLimiter.builder("test", server.around(redis))
        .redisTimeout(Duration.ofSeconds(30)) // a busy machine is no fault
        .time(time)
        .executor(Runnable::run)
        .scripts(ServerTime.SCRIPTS);
    settings.accept(builder);
    var limiter = builder.build();
    open.add(limiter);
    return limiter;
  }

  private void advance(Duration elapsed) {
    server.micros.addAndGet(elapsed.toNanos() / 1_000);
    time.advance(elapsed);
  }
}
