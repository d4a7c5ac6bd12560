package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.LogCapture;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the table of failures in docs/locks.md says of messages that are lost, of those who wait and
 * die, and of nodes that evict. Where a lease is long, nothing but what is tested can end the wait
 * in time; where a service has a virtual time, nothing of it goes on by itself.
 */
@Timeout(120)
final class LockFailuresIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final long SECONDS_TO_HEAR = 60;
  private static final Keys KEYS = Keys.of("scaling", "test");

  private final Services services = new Services();
  private final VirtualTime time = new VirtualTime();

  @AfterEach
  void close() throws Exception {
    command("CONFIG", "SET", "maxmemory", "0");
    command("CONFIG", "SET", "maxmemory-policy", "noeviction");
    services.close();
  }

  @Test
  void messageThatHandsTheLockOn_isLost_andTheWaitingInstanceAsksAgain() throws Exception {
    var first = service(LONG).lock("a").acquire(LONG);
    var proxy = services.opened(FaultProxy.to(servers.server()));
    var waiting = standing(proxy, LONG);

    proxy.mode(Mode.DROP_REPLIES);
    first.close();
    await().until(() -> owner().startsWith("waits~"));
    proxy.mode(Mode.PASS); // but for the connection that has lost the message
    assertThat(waiting).isNotDone();
    time.advance(LONG.dividedBy(2));

    var lease = acquired(waiting);
    assertThat(lease.isValid()).isTrue();
    assertThat(lease.fencingToken()).isEqualTo(first.fencingToken() + 1);
  }

  @Test
  void waitingInstanceWhoseConnectionIsGone_isSkipped() throws Exception {
    var service = service(LONG);
    var first = service.lock("a").acquire(LONG);
    var proxy = services.opened(FaultProxy.to(servers.server()));
    standing(proxy, LONG);
    var next = service.lock("a").acquireAsync(DAY);
    await().until(() -> inLine() == 2);

    proxy.mode(Mode.REFUSE);
    proxy.cutConnections();
    await().until(() -> listening() == 1);
    first.close();

    assertThat(acquired(next).isValid()).isTrue();
  }

  @Test
  void waitingInstanceThatDiesUnnoticed_hasItsTurn_forALease() throws Exception {
    var service = service(SHORT);
    var first = service.lock("a").acquire(LONG);
    var proxy = services.opened(FaultProxy.to(servers.server()));
    standing(proxy, SHORT);
    var next = service.lock("a").acquireAsync(DAY);
    await().until(() -> inLine() == 2);

    proxy.mode(Mode.BLACK_HOLE);
    first.close();

    assertThat(acquired(next).fencingToken()).isEqualTo(first.fencingToken() + 2);
  }

  @Test
  void waitingInstanceThatWasNotHeardOf_forALease_losesItsPlace() throws Exception {
    var service = service(SHORT);
    var first = service.lock("a").acquire(LONG);
    var proxy = services.opened(FaultProxy.to(servers.server()));
    standing(proxy, SHORT);
    var next = service.lock("a").acquireAsync(DAY);
    await().until(() -> inLine() == 2);

    proxy.mode(Mode.BLACK_HOLE);
    long alive = Long.parseLong(waiting("waits~").split(" ", 2)[0]);
    await().until(() -> nowMicros() > alive);
    first.close();

    assertThat(acquired(next).fencingToken()).isEqualTo(first.fencingToken() + 1);
  }

  @Test
  void nodeThatMayEvictKeys_isWarnedOf() throws Exception {
    command("CONFIG", "SET", "maxmemory", "1gb");
    try (var log = new LogCapture(LockService.class)) {
      service(LONG).close();
      assertThat(log.lines()).noneMatch(line -> line.contains("evict"));

      command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
      service(LONG);

      assertThat(log.lines())
          .filteredOn(line -> line.contains("evict"))
          .containsExactly("WARNING test: node node-a may evict keys when its memory is full;"
              + " it then forgets leases: set maxmemory-policy to noeviction");
    }
  }

  @Test
  void lockThatIsEvicted_isFreeForOthers_andTheLeaseWasTaken() throws Exception {
    var mine = services.ready(builder(servers.address(), LONG).time(time));
    var lease = mine.lock("a").acquire(LONG);

    command("CONFIG", "SET", "maxmemory-policy", "volatile-lru");
    command("CONFIG", "SET", "maxmemory", "1");
    await().until(() -> command("EXISTS", KEYS.lock("a")).equals(0L));
    command("CONFIG", "SET", "maxmemory", "0");
    var others = service(LONG).lock("a").acquire(Duration.ZERO);
    time.advance(LONG.dividedBy(3));

    assertThat(lease.lost().get(SECONDS_TO_HEAR, TimeUnit.SECONDS)).isEqualTo(LossReason.TAKEN);
    assertThat(others.isValid()).isTrue();
    assertThat(others.fencingToken()).isGreaterThan(lease.fencingToken());
  }

  private LockService service(Duration lease) throws Exception {
    return services.ready(builder(servers.address(), lease));
  }

  private LockServiceBuilder builder(String address, Duration lease) throws Exception {
    return services
        .at(List.of(address))
        .quarantined(false)
        .lease(lease)
        .nodeTimeout(lease.equals(LONG) ? Duration.ofSeconds(30) : lease.dividedBy(5));
  }

  /** Has an instance behind a proxy stand in the line; the node knows that it listens. */
  private CompletableFuture<Acquisition> standing(FaultProxy proxy, Duration lease)
      throws Exception {
    var instance = builder(proxy.address(), lease).instance("waits").time(time);
    var outcome = services.ready(instance).lock("a").acquireAsync(DAY);
    await().until(() -> {
      time.advance(lease.dividedBy(2)); // it asks again
      return waiting("waits~").matches("\\d+ \\d+ 1 .*");
    });
    return outcome;
  }

  private static Lease acquired(CompletableFuture<Acquisition> outcome) throws Exception {
    return ((Acquired) outcome.get(SECONDS_TO_HEAR, TimeUnit.SECONDS)).lease();
  }

  private static String owner() {
    return String.valueOf(command("HGET", KEYS.lock("a"), "owner"));
  }

  private static int inLine() {
    return (int) (long) (Long) command("HLEN", waitingKey());
  }

  /**
   * Returns until when an instance's attempt is taken for alive, its lease, if it listens, and
   * more.
   */
  private static String waiting(String instance) {
    var all = (List<?>) command("HGETALL", waitingKey());
    for (int i = 0; i < all.size(); i += 2) {
      if (all.get(i).toString().startsWith(instance)) {
        return all.get(i + 1).toString();
      }
    }
    return "";
  }

  private static String waitingKey() {
    return KEYS.all("a", "any").get(3);
  }

  private static int listening() {
    return ((List<?>) command("PUBSUB", "CHANNELS", "scaling:test:n:1:{test}:*")).size();
  }

  private static long nowMicros() {
    var now = (List<?>) command("TIME");
    return Long.parseLong(now.get(0).toString()) * 1_000_000
        + Long.parseLong(now.get(1).toString());
  }

  private static Object command(String... command) {
    return Objects.requireNonNull(servers.server().command(command));
  }
}
