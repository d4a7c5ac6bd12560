package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.Lease.ReleaseOutcome;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Messages on the channel of an instance that no node has sent, or that come late. */
@Timeout(180)
final class InboxIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.masters(3);

  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Keys KEYS = Keys.of("scaling", "test");
  private static final String A = " " + KEYS.lock("a");
  private static final int TIMES = 20; // each message
  private static final String SOON = "4000000000000000"; // microseconds: the clock of no server yet

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void whatIsNoHandOver_changesNothing_andCostsNoCommand() throws Exception {
    var service = service(1, LONG);
    var lease = service.lock("a").acquire(LONG);
    var waiting = service.lock("a").acquireAsync(LONG);
    String owner = owner("a");
    String waiter = waiter("a");
    String elsewhere = waiter.replaceFirst("~.*:", "~elsewhere:");
    try (var counter = CommandCounter.sentTo(servers.server())) {
      for (String message : List.of(
          "",
          " ",
          "a b c",
          waiter + " one two" + A,
          waiter + " 99999999999999999999 1" + A,
          waiter + " -1 " + SOON + A,
          waiter + " 0 " + SOON + A,
          waiter + " 7 0" + A,
          elsewhere + " 7 " + SOON + A,
          waiter + " 7 " + SOON + " a",
          waiter + "zz\n 7 " + SOON + A,
          owner + " 7 " + SOON + A)) {
        for (int i = 0; i < TIMES; i++) {
          publish(servers.server(), waiter, message);
        }
      }
      publish(servers.server(), waiter, "x".repeat(1_000_000));
      var other = service.lock("b").acquire(LONG); // answered after all of them have been read
      assertThat(other.release().get()).isEqualTo(ReleaseOutcome.RELEASED);
      assertThat(counter.counts().get("evalsha")).isLessThan(TIMES); // looks at the node among them
    }
    assertThat(waiting).isNotDone();
    assertThat(lease.isValid()).isTrue();
    assertThat(owner("a")).isEqualTo(owner);
    lease.close();
    assertThat(waiting.get()).isInstanceOf(Acquired.class);
  }

  /** Who can forge one may write the keys as well; a renewal finds out in either case. */
  @Test
  void forgedHandOver_isFoundOutByTheFirstRenewal() throws Exception {
    var one = service(1, Duration.ofSeconds(6));
    var two = service(1, Duration.ofSeconds(6));
    var lease = one.lock("a").acquire(LONG);
    var waiting = two.lock("a").acquireAsync(LONG);
    String waiter = waiter("a");
    publish(servers.server(), waiter, waiter + " 7 " + SOON + A);

    assertThat(waiting.get())
        .isInstanceOfSatisfying(
            Acquired.class,
            won -> assertThat(won.lease().lost().join()).isEqualTo(LossReason.TAKEN));
    assertThat(lease.isValid()).isTrue();
  }

  @Test
  void forgedHandOverOfOneNode_isNoLease_onThree() throws Exception {
    var one = service(3, LONG);
    var two = service(3, LONG);
    var lease = one.lock("a").acquire(LONG);
    var waiting = two.lock("a").acquireAsync(LONG);
    String waiter = waiter("a");
    publish(servers.server(), waiter, waiter + " 7 " + SOON + A);
    assertThat(two.lock("b").tryAcquire(LONG)).isPresent();

    assertThat(waiting).isNotDone();
    assertThat(lease.release().get()).isEqualTo(ReleaseOutcome.RELEASED);
    assertThat(waiting.get())
        .isInstanceOfSatisfying(
            Acquired.class,
            won -> assertThat(won.lease().fencingToken()).isGreaterThan(lease.fencingToken()));
  }

  /** As that of a third node would, which the lease did not need. */
  @Test
  void lateWord_ofALeaseOutOfHand_givesNothingBack() throws Exception {
    var one = service(3, LONG);
    var two = service(3, LONG);
    var lease = one.lock("a").acquire(LONG);
    String owner = owner("a");
    var attached = two.attach(lease.detach());
    publish(servers.server(), owner, owner + " " + lease.fencingToken() + " " + SOON + A);
    assertThat(one.lock("b").tryAcquire(LONG)).isPresent();

    assertThat(owner("a")).isEqualTo(owner);
    assertThat(attached.release().get()).isEqualTo(ReleaseOutcome.RELEASED);
  }

  private static String owner(String lock) {
    return String.valueOf(servers.server().command("HGET", KEYS.lock(lock), "owner"));
  }

  /** Returns the attempt that stands in the line of a lock, once there is one. */
  private static String waiter(String lock) {
    await().until(() -> !line(lock).isEmpty());
    return String.valueOf(line(lock).get(0));
  }

  private static List<?> line(String lock) {
    String key = KEYS.lock(lock).replaceFirst(":l:", ":q:");
    return (List<?>) Objects.requireNonNull(servers.server().command("ZRANGE", key, "0", "0"));
  }

  /** Sends a message to the instance that made an attempt. */
  private static void publish(RedisServer server, String attempt, String message) {
    String instance = attempt.substring(0, attempt.indexOf(':'));
    assertThat(server.command("PUBLISH", KEYS.channel(instance), message)).isEqualTo(1L);
  }

  private LockService service(int nodes, Duration lease) throws Exception {
    return services.ready(services
        .builder(servers.servers().subList(0, nodes))
        .quarantined(false)
        .lease(lease)
        .nodeTimeout(lease.dividedBy(6)));
  }
}
