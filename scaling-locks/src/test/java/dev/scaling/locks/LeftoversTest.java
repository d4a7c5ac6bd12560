package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis;
import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was there before, and must neither be forgotten nor stay. */
@Timeout(60)
final class LeftoversTest {

  private static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration LONG = Duration.ofHours(1);

  private final VirtualTime time = new VirtualTime();
  private final InstantRedis redis = new InstantRedis(time);
  private final Logger log = Logger.getLogger(LockService.class.getName());
  private final Engine engine = new Engine(builder(redis.port()));

  @BeforeEach
  void begin() {
    log.setLevel(Level.OFF);
    time.advance(Duration.ofSeconds(1));
  }

  @AfterEach
  void beLoud() {
    log.setLevel(null);
  }

  @Test
  void leaseThatWasLostBeforeItWasHeld_isNotHeld() {
    var lease = take();
    var late = new Lease(engine, "a", lease.grant, lease.fencingToken());
    late.lose(LossReason.TAKEN);

    engine.hold(late);

    assertThat(engine.leases()).isEqualTo(1);
  }

  @Test
  void leaseThatItsHolderExtends_afterMaxHold_isLostWhenItEnds() {
    var lease = take();
    time.advance(Duration.ofSeconds(35)); // it is renewed no more
    assertThat(lease.extendAsync(LEASE)).isCompletedWithValue(true);

    time.advance(LEASE.multipliedBy(3));

    assertThat(lease.lost()).isCompletedWithValue(LossReason.HELD_TOO_LONG);
  }

  @Test
  void leaseThatIsLost_beforeItsCallerHasIt_goesToNobody() {
    var other = take();
    var line = new Line(engine, "a", /* reads= */ false);
    var waiter = new Waiter(LONG, /* isEndless= */ false, /* caller= */ null);
    line.join(waiter);
    var holdings = other.grant.holdings.get();
    var grant = new Grant("x:1", false, 9, holdings, /* waited= */ true, node -> false);
    var late = new Lease(engine, "a", grant, 9);
    late.lose(LossReason.TAKEN); // while a node says still that it stands

    line.section.run(() -> line.won(late));

    assertThat(waiter.future.getNow(null)).isNotEqualTo(new Acquired(late));
  }

  @Test
  void candidateThatResigns_afterItsLeadIsLost_standsOnce() {
    List<Runnable> later = new ArrayList<>();
    var slow = new Engine(builder(redis.port()).executor(later::add));
    time.advance(Duration.ofSeconds(1));
    var election = new Election(slow, "a", lease -> {}, reason -> {});
    election.start();
    runAll(later);
    var lead = election.lead().orElseThrow();

    lead.lose(LossReason.TAKEN); // nobody has heard of it
    election.resign();
    runAll(later);

    assertThat(election.lead()).isPresent();
    assertThat(slow.waiting()).isZero();
  }

  @Test
  void reader_whoExtendsOnANodeThatLostItsMemory_isNotForgottenForTheNext() {
    long[] now = {1_000_000_000};
    var scripts = new SimulatedScripts(
        () -> now[0],
        () -> now[0] / 1_000,
        (channel, message) -> 0,
        "a".repeat(40),
        Seeded.NOTHING);
    admit(scripts, "7");
    acquire(scripts, "x:1", "1");
    var saved = scripts.copy();
    scripts.restart("b".repeat(40), saved);
    now[0] += 20_000_000;
    admit(scripts, "500");
    var keys = Keys.of("p", "s").all("a", "x:1");
    var lock = List.of(keys.get(0), keys.get(4), keys.get(1));
    assertThat(scripts.run("extend", lock, args("x:1", "10000000", "8", "2"))).contains(8L);

    acquire(scripts, "y:1", "1");
    scripts.run("release", Keys.of("p", "s").all("a", "y:1"), args("y:1 0 0"));

    assertThat(acquire(scripts, "z:1", "0")).isEqualTo(0L);
  }

  @Test
  void nodeThatRefusesToBecomeAMember_isAskedAgainAfterAPause() {
    var asked = new AtomicInteger();
    var node = new InstantRedis(time).port();
    var refusing = (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          boolean admits = method.getName().equals("eval")
              && ((List<?>) args[1]).size() == 1
              && ((byte[]) ((List<?>) args[2]).get(1)).length > 0;
          return admits && asked.incrementAndGet() < 100
              ? CompletableFuture.failedFuture(new IllegalStateException("OOM"))
              : method.invoke(node, args);
        });

    var service = new Engine(builder(refusing));
    time.advance(Duration.ofSeconds(2));

    assertThat(asked).hasValueBetween(2, 10);
    assertThat(service.membership.outside()).containsExactly("node-a");
  }

  @Test
  void leaseThatIsAttachedWhileTheServiceCloses_isLost() {
    var service = builder(redis.port()).build();
    time.advance(Duration.ofSeconds(1));
    var handle = service.lock("b").acquire(Duration.ZERO).detach();
    redis.holdBack();
    var attached = service.attachAsync(handle);

    service.close();
    redis.answer();

    assertThat(attached.join().lost()).isCompletedWithValue(LossReason.CLOSED);
    assertThat(redis.has("b", handle.attempt())).isFalse();
  }

  @Test
  void writer_whomANodeKnowsFromBeforeItLostItsMemory_doesNotHaveIt() {
    long[] now = {1_000_000_000};
    var scripts = new SimulatedScripts(
        () -> now[0],
        () -> now[0] / 1_000,
        (channel, message) -> 0,
        "a".repeat(40),
        Seeded.NOTHING);
    admit(scripts, "7");
    acquire(scripts, "x:1", "0");
    scripts.restart("b".repeat(40), scripts.copy());
    now[0] += 20_000_000;
    admit(scripts, "500"); // others may have had the lock meanwhile, here too
    var keys = Keys.of("p", "s").all("a", "x:1");
    var attaching = args("x:1", "10000000", "8", "0");

    assertThat(scripts.run("extend", List.of(keys.get(0), keys.get(1)), attaching))
        .contains(-1L);
    acquire(scripts, "x:1", "0");
    assertThat(scripts.run("extend", List.of(keys.get(0), keys.get(1)), attaching))
        .contains(501L);
  }

  private static Object acquire(SimulatedScripts scripts, String attempt, String access) {
    return scripts
        .run(
            "acquire",
            Keys.of("p", "s").all("a", attempt),
            args(attempt + " 10000000 0 0 0 1 " + access + " 1"))
        .get(0);
  }

  private static void admit(SimulatedScripts scripts, String base) {
    var keys = List.of(Keys.of("p", "s").node());
    var mark = scripts.run("watch", keys, args("n:1", "", "0", "1")).get(2);
    scripts.run("watch", keys, args("n:1", new String((byte[]) mark, UTF_8), base, "1"));
  }

  private static List<byte[]> args(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(UTF_8)).toList();
  }

  private static void runAll(List<Runnable> later) {
    while (!later.isEmpty()) {
      later.remove(0).run();
    }
  }

  private Lease take() {
    var waiter = new Waiter(Duration.ZERO, /* isEndless= */ false, /* caller= */ null);
    engine.join("a", /* reads= */ false, waiter);
    return ((Acquired) waiter.future.getNow(null)).lease();
  }

  private LockServiceBuilder builder(Redis port) {
    return LockService.builder("test")
        .node("node-a", port)
        .lease(LEASE)
        .maxHold(Duration.ofSeconds(30))
        .quarantined(false)
        .executor(Runnable::run)
        .openTelemetry(OpenTelemetry.noop())
        .time(time);
  }
}
