package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Contended;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.Lease.ReleaseOutcome;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Leases that callers of an instance hand on among themselves, on a node that answers at once. */
@Timeout(60)
final class CohortTest {

  private static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration LONG = Duration.ofHours(1);
  private static final int MOST = 3;

  private final VirtualTime time = new VirtualTime();
  private final InstantRedis redis = new InstantRedis(time);
  private final Logger log = Logger.getLogger(LockService.class.getName());
  private LockService mine;
  private LockService others;

  @BeforeEach
  void begin() {
    log.setLevel(Level.OFF);
    mine = service(builder("mine", MOST));
    others = service(builder("others", /* most= */ 0));
  }

  @AfterEach
  void beLoud() {
    log.setLevel(null);
  }

  @Test
  void leaseGivenBack_goesToTheNextCallerHere_withoutAWordToTheNode() {
    var first = take(mine);
    redis.called();
    var waiting = ask(mine, 2);

    var released = first.release();

    var second = lease(waiting.get(0));
    assertThat(released).isCompletedWithValue(ReleaseOutcome.RELEASED);
    assertThat(redis.called()).isEmpty();
    assertThat(first.isValid()).isFalse();
    assertThat(second.isValid()).isTrue();
    assertThat(second.attempt).isEqualTo(first.attempt);
    assertThat(second.fencingToken()).isEqualTo(first.fencingToken() + 1);
    assertThat(waiting.get(1)).isNotDone();
    assertThat(mine.snapshot().leases()).isEqualTo(1);
  }

  @Test
  void othersHaveTheirTurn_afterSoManyHandOvers() {
    var lease = take(mine);
    var next = others.lock("a").acquireAsync(LONG);
    var waiting = ask(mine, MOST + 2);

    for (int i = 0; i < MOST; i++) {
      lease.close();
      lease = lease(waiting.get(i));
      assertThat(next).isNotDone();
    }
    long last = lease.fencingToken();
    lease.close();

    assertThat(lease(next).fencingToken()).isGreaterThan(last);
    assertThat(waiting.get(MOST)).isNotDone();
    lease(next).close();
    assertThat(lease(waiting.get(MOST)).fencingToken()).isGreaterThan(last + 1);
  }

  @Test
  void othersHaveTheirTurn_after5Milliseconds() {
    var first = take(mine);
    var next = others.lock("a").acquireAsync(LONG);
    var waiting = ask(mine, 2);
    time.advance(Duration.ofMillis(4));
    first.close();
    assertThat(waiting.get(0)).isDone();
    time.advance(Duration.ofMillis(2));

    lease(waiting.get(0)).close();

    assertThat(waiting.get(1)).isNotDone();
    lease(next).close();
    assertThat(waiting.get(1)).isDone();
  }

  @Test
  void callersWhoWait_standInTheLineOfTheNode_whenTheLeaseIsHandedOnNoMore() {
    var first = take(mine);
    ask(mine, 1);
    redis.called();

    time.advance(Duration.ofMillis(6));

    assertThat(redis.called()).containsExactly("acquire");
    assertThat(first.isValid()).isTrue();
  }

  @Test
  void leaseWithLittleTimeLeft_isNotHandedOn() {
    var service = service(builder("slow", MOST).handOverTime(LONG));
    var first = take(service);
    redis.holdBack(); // so that it is not renewed
    time.advance(LEASE.multipliedBy(6).dividedBy(10));
    var waiting = ask(service, 1);

    first.close();

    redis.answer();
    assertThat(lease(waiting.get(0)).attempt).isNotEqualTo(first.attempt);
  }

  @Test
  void lostLease_isNotHandedOn_andWhoWaitsGoesToTheNode() {
    var first = take(mine);
    var waiting = ask(mine, 1);

    first.lose(LossReason.TAKEN);

    assertThat(lease(waiting.get(0)).attempt).isNotEqualTo(first.attempt);
    assertThat(lease(waiting.get(0)).fencingToken()).isGreaterThan(first.grant.counter);
  }

  @Test
  void lossThatIsHeardOfLate_isThatOfTheLastLease() {
    var first = take(mine);
    var waiting = ask(mine, 1);
    redis.release("a", first.attempt);
    redis.holdBack();
    var extended = first.extendAsync(LEASE);
    first.close();
    var second = lease(waiting.get(0));
    assertThat(second.isValid()).isTrue();

    redis.answer();

    assertThat(extended).isCompletedWithValue(false);
    assertThat(second.lost()).isCompletedWithValue(LossReason.TAKEN);
    assertThat(first.lost()).isNotDone();
  }

  @Test
  void lastLease_isRenewed() {
    var first = take(mine);
    var waiting = ask(mine, 1);
    first.close();

    time.advance(LEASE.multipliedBy(3));

    assertThat(lease(waiting.get(0)).remaining()).isGreaterThan(LEASE.dividedBy(2));
  }

  @Test
  void detachedLease_isNotHandedOn() {
    var first = take(mine);
    var waiting = ask(mine, 1);

    var handle = first.detach();
    time.advance(Duration.ofMillis(1));

    assertThat(waiting.get(0)).isNotDone();
    var attached = mine.attach(handle);
    assertThat(attached.fencingToken()).isEqualTo(first.fencingToken());
    attached.close();
    assertThat(lease(waiting.get(0)).fencingToken()).isGreaterThan(first.grant.counter);
  }

  @Test
  void callerWhoHasLeft_isPassedOver() {
    var first = take(mine);
    var waiting = ask(mine, 2);
    waiting.get(0).cancel(/* mayInterruptIfRunning= */ false);

    first.close();

    assertThat(lease(waiting.get(1)).fencingToken()).isEqualTo(first.fencingToken() + 1);
  }

  @Test
  void callerWhoDoesNotWait_isTold_withoutAWordToTheNode() {
    take(mine);
    redis.called();

    assertThat(mine.lock("a").acquireAsync(Duration.ZERO))
        .isCompletedWithValueMatching(
            outcome -> outcome instanceof Contended by && by.holder().equals("mine"));
    var impatient = mine.lock("a").acquireAsync(Duration.ofMillis(1));
    time.advance(Duration.ofMillis(2));
    assertThat(impatient).isCompletedWithValueMatching(Contended.class::isInstance);
    assertThat(redis.called()).isEmpty();
  }

  @Test
  void closedService_handsNothingOn() {
    var first = take(mine);
    var waiting = ask(mine, 1);

    mine.close();

    assertThat(first.lost()).isCompletedWithValue(LossReason.CLOSED);
    assertThat(waiting.get(0)).isCompletedExceptionally();
    assertThat(redis.has("a", first.attempt)).isFalse();
  }

  @Test
  void maxHold_isThatOfEachCaller() {
    var hold = Duration.ofSeconds(20);
    var service = service(builder("slow", MOST).maxHold(hold).handOverTime(LONG));
    var first = take(service);
    var waiting = ask(service, 1);
    time.advance(hold.dividedBy(2));
    first.close();
    var second = lease(waiting.get(0));

    time.advance(hold.minusSeconds(1));
    assertThat(second.isValid()).isTrue();
    time.advance(LEASE.plusSeconds(2));
    assertThat(second.lost()).isCompletedWithValue(LossReason.HELD_TOO_LONG);
  }

  @Test
  void tokens_areReservedByNeed() {
    var service = service(builder("many", 1_000));
    var lease = take(service);
    assertThat(lease.grant.counter - lease.fencingToken()).isEqualTo(16);
    var waiting = ask(service, 100);
    int next = 0;
    for (; next <= 16; next++) {
      lease.close();
      lease = lease(waiting.get(next));
    }
    assertThat(lease.grant.counter - lease.fencingToken()).isEqualTo(32);
  }

  @Test
  void withoutIt_aGrantIsGoodForOneLease() {
    var first = take(others);
    var waiting = ask(others, 1);

    first.close();

    assertThat(lease(waiting.get(0)).attempt).isNotEqualTo(first.attempt);
    assertThat(lease(waiting.get(0)).fencingToken()).isEqualTo(first.fencingToken() + 1);
  }

  private LockServiceBuilder builder(String instance, int most) {
    return LockService.builder("test")
        .instance(instance)
        .node("node-a", redis.port())
        .lease(LEASE)
        .quarantined(false)
        .localHandOvers(most)
        .executor(Runnable::run)
        .openTelemetry(OpenTelemetry.noop())
        .time(time);
  }

  private LockService service(LockServiceBuilder builder) {
    var service = builder.build();
    time.advance(Duration.ofSeconds(1));
    return service;
  }

  private static Lease take(LockService service) {
    return lease(service.lock("a").acquireAsync(Duration.ZERO));
  }

  private static List<CompletableFuture<Acquisition>> ask(LockService service, int callers) {
    List<CompletableFuture<Acquisition>> waiting = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      waiting.add(service.lock("a").acquireAsync(LONG));
    }
    return waiting;
  }

  private static Lease lease(CompletableFuture<Acquisition> acquisition) {
    return ((Acquired) acquisition.getNow(null)).lease();
  }
}
