package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.locks.Lease.Handle;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.Lease.ReleaseOutcome;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What nobody should ask for, or find on a server: each has an outcome that says so. */
@Timeout(180)
final class BadInputIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Keys KEYS = Keys.of("scaling", "test");
  private static final int CALLS = 20;

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @ParameterizedTest
  @MethodSource("names")
  void name_mayBeAnything(String name) throws Exception {
    var one = service();
    var two = service();
    var lease = one.lock(name).acquire(LONG);
    assertThat(two.lock(name).tryAcquire()).isEmpty();
    assertThat(two.lock(name + "x").tryAcquire()).isPresent();
    var next = two.lock(name).acquireAsync(LONG);
    await().until(() -> waits(name));
    assertThat(lease.release().get()).isEqualTo(ReleaseOutcome.RELEASED);
    assertThat(next.get()).isInstanceOfSatisfying(Acquired.class, won -> {
      assertThat(won.lease().lock()).isEqualTo(name);
      assertThat(won.lease().fencingToken()).isGreaterThan(lease.fencingToken());
      assertThat(won.lease().extend(Duration.ofSeconds(10))).isTrue();
    });
  }

  static List<String> names() {
    return List.of(
        "{a}",
        "}{",
        "a b  c",
        "line\r\nbreak\0",
        "a:1:{b}:*",
        "\u00e4\ud83d\ude00",
        "x".repeat(10_239));
  }

  /** Whatever a node grants is over by the time that its answer comes: so there is no lease. */
  @Test
  void leaseShorterThanTheRoundTrip_isUnavailable_andNoStorm() throws Exception {
    var proxy = services.opened(FaultProxy.to(servers.server()));
    var service = services.ready(services
        .at(List.of(proxy.address()))
        .quarantined(false)
        .lease(Duration.ofMillis(500))
        .nodeTimeout(Duration.ofMillis(100)));
    var held = service.lock("held").acquire(LONG);
    try (var counter = CommandCounter.sentTo(servers.server())) {
      proxy.delay(Duration.ofMillis(600));
      for (int i = 0; i < CALLS; i++) {
        assertThat(service.lock("a" + i).acquireAsync(LONG).get())
            .isEqualTo(new Unavailable(List.of("node-a")));
      }
      assertThat(held.lost().get()).isEqualTo(LossReason.EXPIRED);
      assertThat(held.isValid()).isFalse();
      assertThatExceptionOfType(LocksUnavailableException.class)
          .isThrownBy(() -> service.lock("b").acquire(LONG));
      proxy.delay(Duration.ZERO);
      await().until(() -> isFree(service, "b"));
      // A call, and that it was given up, told again while its lease may last: a fifth of it each
      // time.
      assertThat(counter.counts().getOrDefault("evalsha", 0L)).isLessThan(30L * CALLS);
    }
    await().until(() -> isFree(service, "held") && isFree(service, "a0"));
  }

  @Test
  void whatIsNotOwned_isNeitherExtendedNorReleased() throws Exception {
    var one = service();
    var two = service();
    var lost = one.lock("a").acquire(LONG);
    servers.server().command("DEL", KEYS.lock("a"));
    var owned = two.lock("a").acquire(LONG);
    String owner = owner("a");

    assertThat(lost.extend(Duration.ofSeconds(10))).isFalse();
    assertThat(lost.release().get()).isEqualTo(ReleaseOutcome.LOST);
    assertThatExceptionOfType(LeaseLostException.class)
        .isThrownBy(() -> one.attach(new Handle("a", "one~0:1", owned.fencingToken(), false)))
        .satisfies(loss -> assertThat(loss.reason()).isEqualTo(LossReason.TAKEN));

    assertThat(owner("a")).isEqualTo(owner);
    assertThat(owned.extend(Duration.ofSeconds(10))).isTrue();
    assertThat(owned.release().get()).isEqualTo(ReleaseOutcome.RELEASED);
  }

  /** A node that lost its memory keeps out for a lease: nobody may have a longer one. */
  @Test
  void leaseIsNotExtended_beyondThatOfTheService() throws Exception {
    var lease = service().lock("a").acquire(Duration.ZERO);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> lease.extend(Duration.ofSeconds(11)))
        .withMessage("duration must be in [PT0.05S, PT10S]: PT11S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lease.ensure(Duration.ofMillis(9_001)))
        .withMessage("least must be in [PT0S, PT9S]: PT9.001S");
    lease.ensure(Duration.ofSeconds(9));
  }

  /** Nor does it spoil the counter that all tokens come from. */
  @Test
  void handleThatNobodyGaveOut_takesNoLock_thoughItIsFree() throws Exception {
    var service = service();
    long before = tokenOf(service, "b");
    for (String lock : List.of("a", "b")) {
      assertThatExceptionOfType(LeaseLostException.class)
          .isThrownBy(() -> service.attach(new Handle(lock, "one~0:1", 1L << 53, false)));
    }
    assertThat(tokenOf(service, "a")).isBetween(before + 1, before + 100);
    assertThat(tokenOf(service, "b")).isBetween(before + 1, before + 100);
  }

  @ParameterizedTest
  @CsvSource({"SET, l, x", "SET, l, ''", "HSET, l, ends never", "SET, q, x", "RPUSH, w, x"})
  void keyThatSomebodySpoilt_isUnavailable_andNobodyElsesHarm(
      String command, String kind, String value) throws Exception {
    var service = service();
    var other = service.lock("b").acquire(LONG);
    String key = KEYS.lock("a").replace(":l:", ":" + kind + ":");
    String line = command + " " + key + " " + value;
    servers.server().command(value.isEmpty() ? new String[] {command, key, ""} : line.split(" "));
    if (kind.equals("l")) {
      assertThat(service.lock("a").acquireAsync(LONG).get())
          .isEqualTo(new Unavailable(List.of("node-a")));
    } else {
      assertThat(service.lock("a").acquireAsync(LONG).get()).isNotNull();
    }
    assertThat(other.extend(Duration.ofSeconds(10))).isTrue();
    servers.server().command("DEL", key);
    assertThat(service.lock("a" + kind).tryAcquire()).isPresent();
  }

  /** They are extended by one call, which the spoilt key fails. */
  @Test
  void keyThatSomebodySpoilt_costsNoOtherLease() throws Exception {
    var service = services.ready(services
        .builder(servers.servers())
        .quarantined(false)
        .lease(Duration.ofSeconds(2))
        .nodeTimeout(Duration.ofMillis(400)));
    var spoilt = service.lock("a").acquire(LONG);
    var other = service.lock("b").acquire(LONG);
    servers.server().command("DEL", KEYS.lock("a"));
    servers.server().command("SET", KEYS.lock("a"), "x");
    assertThat(spoilt.lost().get()).isEqualTo(LossReason.EXPIRED);
    assertThat(spoilt.isValid()).isFalse();
    assertThat(other.isValid()).isTrue();
  }

  @Test
  void closedService_andItsLeases_sayThatTheyAreOver() throws Exception {
    var service = service();
    var semaphore = service.semaphore("s", 2);
    var lease = service.lock("a").acquire(LONG);
    var handle = service.lock("b").acquire(LONG).detach();
    service.close();

    List<ThrowingCallable> calls = List.of(
        () -> service.lock("a").acquire(LONG),
        () -> service.lock("a").acquireAsync(LONG),
        () -> service.acquireAll(List.of("a", "b"), LONG),
        () -> semaphore.tryAcquire(LONG),
        () -> semaphore.acquireAsync(Duration.ZERO),
        () -> service.attach(handle),
        () -> service.ready(LONG),
        () -> service.stand("lead", elected -> {}, revoked -> {}));
    for (ThrowingCallable call : calls) {
      assertThatIllegalStateException()
          .isThrownBy(call)
          .withMessage("test: the lock service is closed");
    }
    assertThat(lease.isValid()).isFalse();
    assertThat(lease.remaining()).isZero();
    assertThat(lease.extend(Duration.ofSeconds(1))).isFalse();
    assertThat(lease.release().get()).isEqualTo(ReleaseOutcome.LOST);
    lease.close();
    assertThatExceptionOfType(LeaseLostException.class).isThrownBy(lease::detach);
    assertThatExceptionOfType(LeaseLostException.class)
        .isThrownBy(() -> lease.ensure(Duration.ZERO))
        .satisfies(loss -> assertThat(loss.reason()).isEqualTo(LossReason.CLOSED));
  }

  @Test
  void leaseThatWasGivenBack_saysSo() throws Exception {
    var lease = service().lock("given-back").acquire(LONG);
    lease.close();

    assertThatExceptionOfType(LeaseLostException.class)
        .isThrownBy(() -> lease.ensure(Duration.ZERO))
        .withMessage(
            "test: lease with fencing token " + lease.fencingToken() + " is not held any more");
  }

  @Test
  void locksWithoutAName_areRefusedBeforeAnyIsTaken() throws Exception {
    var service = service();

    assertThatNullPointerException()
        .isThrownBy(() -> service.acquireAll(Arrays.asList("one", null), LONG))
        .withMessage("lock");
    assertThat(isFree(service, "one")).isTrue();
  }

  private static boolean isFree(LockService service, String lock) throws Exception {
    return service.lock(lock).acquireAsync(Duration.ZERO).get() instanceof Acquired acquired
        && acquired.lease().release().get() == ReleaseOutcome.RELEASED;
  }

  private static long tokenOf(LockService service, String lock) throws Exception {
    var lease = service.lock(lock).acquire(LONG);
    lease.release().get();
    return lease.fencingToken();
  }

  private static String owner(String lock) {
    return String.valueOf(servers.server().command("HGET", KEYS.lock(lock), "owner"));
  }

  private static boolean waits(String lock) {
    String line = KEYS.lock(lock).replaceFirst(":l:", ":q:");
    return Objects.equals(servers.server().command("ZCARD", line), 1L);
  }

  private LockService service() throws Exception {
    return services.on(servers.servers());
  }
}
