package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who gets a permit and when, in virtual time and with a Redis that the test plays. */
@Timeout(120)
final class HandOffTest {

  private final ScriptedRedis redis = new ScriptedRedis();

  @Test
  void permit_goesFromOneCallerToTheNext_inTheirOrder_withoutACall() {
    var semaphore = redis.semaphore(2);
    var waiting = new ArrayList<CompletableFuture<Permit>>();
    for (int i = 0; i < 10; i++) {
      waiting.add(semaphore.acquireAsync(Duration.ofMinutes(1)));
    }
    redis.answer(1, 0, 0);
    redis.answer(2, 0, 0); // the second call counts all that came meanwhile

    long before = 0;
    for (int i = 0; i < 10; i++) {
      assertThat(waiting.stream().filter(CompletableFuture::isDone).count())
          .isEqualTo(Math.min(10, i + 2));
      var permit = waiting.get(i).join();
      assertThat(permit.isValid()).isTrue();
      assertThat(permit.fencingToken()).isGreaterThan(before);
      before = permit.fencingToken();
      permit.close();
    }

    assertThat(redis.calls).hasSize(2);
    assertThat(semaphore.snapshot().handedOn()).isEqualTo(8);
  }

  @Test
  void contended_permitGoesBackAfter16HandOffs_thoughOthersWaitHere() {
    var semaphore = redis.semaphore(1);
    var waiting = new ArrayList<CompletableFuture<Permit>>();
    for (int i = 0; i < 40; i++) {
      waiting.add(semaphore.acquireAsync(Duration.ofMinutes(1)));
    }
    redis.answer(1, 0, 0);
    redis.publish("contended");

    int handedOn = 0;
    while (waiting.get(handedOn).isDone()) {
      waiting.get(handedOn).join().close();
      handedOn++;
    }

    assertThat(handedOn).isEqualTo(Turn.HAND_OFFS + 1);
    assertThat(redis.last().most()).isZero();
    assertThat(redis.last().want()).isEqualTo(1);
    assertThat(redis.last().waits()).isTrue();
    redis.answer(0, 1, 1);
    redis.publish("granted");
    redis.answer(1, 1, 0);
    assertThat(waiting.get(handedOn)).isCompleted();
  }

  @Test
  void contended_permitGoesBackAfter100Millis() {
    var semaphore = redis.semaphore(1);
    var first = semaphore.acquireAsync(Duration.ofMinutes(1));
    var second = semaphore.acquireAsync(Duration.ofMinutes(1));
    redis.answer(1, 1, 0);

    redis.time.advance(Turn.LONGEST);
    first.join().close();

    assertThat(second).isNotDone();
    assertThat(redis.last().most()).isZero();
  }

  @Test
  void freePermit_staysForAWhile_andGoesBackAtOnceIfOthersWait() {
    var semaphore = redis.semaphore(5);
    redis.acquire(semaphore).close();
    for (int i = 0; i < 100; i++) {
      semaphore.tryAcquire().orElseThrow().close();
      redis.time.advance(Duration.ofMillis(1));
    }
    assertThat(redis.calls).hasSize(1);

    redis.time.advance(Spare.WHILE.multipliedBy(2));
    assertThat(redis.calls).hasSize(2);
    assertThat(redis.last().want()).isZero();
    redis.answer(0, 0, 0);
    var permit = redis.acquire(semaphore);
    redis.publish("contended");
    permit.close();

    assertThat(redis.last().want()).isZero();
    redis.answer(0, 0, 0);
    redis.time.advance(Duration.ofMinutes(5));
    assertThat(redis.last().answered()).isTrue(); // nobody uses it, so nothing is sent
    assertThat(redis.calls).hasSize(4);
  }

  @Test
  void whoWaitsForTooLong_isRefused_andTheMessageSaysWhetherRedisIsAway() {
    var semaphore = redis.semaphore(1);
    var first = semaphore.acquireAsync(Duration.ofMillis(500));
    redis.answer(0, 1, 1);
    redis.time.advance(Duration.ofMillis(99));
    assertThat(redis.calls).hasSize(1);
    redis.time.advance(Duration.ofMillis(1));
    assertThat(redis.calls).as("in case the message was lost").hasSize(2);
    redis.fail();
    redis.time.advance(Duration.ofMillis(400));

    assertThatThrownBy(first::join)
        .cause()
        .isInstanceOf(PermitsExhaustedException.class)
        .hasMessage("test: no permit within PT0.5S, and Redis does not answer: simulated");
    assertThat(semaphore.snapshot().refused()).isEqualTo(1);
    assertThat(semaphore.snapshot().waiting()).isZero();
  }

  @Test
  void polls_areEachTwiceAsLate_upToAThirdOfTheLease() {
    redis.semaphore(1).acquireAsync(Duration.ofMinutes(10));
    redis.answer(0, 1, 1);

    var pauses = new ArrayList<Long>();
    for (int i = 0; i < 9; i++) {
      long before = redis.time.nanoTime();
      int count = redis.calls.size();
      while (redis.calls.size() == count) {
        redis.time.advance(Duration.ofMillis(1));
      }
      pauses.add((redis.time.nanoTime() - before) / 1_000_000);
      redis.answer(0, 1, 1);
    }

    assertThat(pauses).startsWith(100L, 200L, 400L, 800L, 1_600L, 3_200L, 3_334L);
    assertThat(pauses).allSatisfy(pause -> assertThat(pause).isLessThanOrEqualTo(3_334));
  }

  @Test
  void cancelledFuture_leavesTheLine() {
    var semaphore = redis.semaphore(1);
    var cancelled = semaphore.acquireAsync(Duration.ofMinutes(1));
    var next = semaphore.acquireAsync(Duration.ofMinutes(1));

    cancelled.cancel(false);
    redis.answer(1, 0, 0);

    assertThat(next).isCompleted();
    assertThat(semaphore.snapshot().inUse()).isEqualTo(1);
  }

  @Test
  void interruptedWait_keepsTheFlag_andLeavesTheLine() throws Exception {
    var semaphore = redis.semaphore(1);
    var flag = new boolean[1];
    var waiter = new Thread(() -> {
      assertThatExceptionOfType(CancellationException.class)
          .isThrownBy(() -> semaphore.acquire(Duration.ofMinutes(1)))
          .withMessage("test: interrupted while waiting for a permit");
      flag[0] = Thread.currentThread().isInterrupted();
    });
    waiter.start();
    while (waiter.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }

    waiter.interrupt();
    waiter.join();

    assertThat(flag[0]).isTrue();
    assertThat(semaphore.snapshot().waiting()).isZero();
  }

  @Test
  void close_cancelsThoseWhoWait_andGivesBackWhatComesFree() {
    var semaphore = redis.semaphore(1);
    var permit = redis.acquire(semaphore);
    var waiting = semaphore.acquireAsync(Duration.ofMinutes(1));
    semaphore.close();
    semaphore.close();

    assertThat(waiting.handle((none, failure) -> failure).join())
        .isInstanceOf(CancellationException.class)
        .hasMessage("test: the semaphore was closed");
    assertThat(permit.isValid()).isTrue();
    redis.answer(1, 0, 0);
    permit.close();
    assertThat(redis.last().want()).isZero();
    assertThatThrownBy(semaphore::tryAcquire)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("test: the semaphore is closed");
  }
}
