package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting for permits, in virtual time and without Redis. */
@Timeout(120)
final class ReservationTest {

  private final VirtualTime time = new VirtualTime();

  @Test
  void reservations_areReadyInTheirOrder_atTheirTimes() {
    var limiter = limiter(RateLimit.perSecond(10).withBurst(2));
    List<Reservation> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(limiter.reserve("a", 1, Duration.ofSeconds(1)));
    }

    assertThat(ready(all)).isEqualTo(2);
    assertThat(all.get(2).startsIn()).isBetween(Duration.ofMillis(99), Duration.ofMillis(101));
    assertThat(all.get(4).startsIn()).isBetween(Duration.ofMillis(299), Duration.ofMillis(301));
    time.advance(Duration.ofMillis(101));
    assertThat(ready(all)).isEqualTo(3);
    assertThat(all.get(2).isReady()).isTrue();
    time.advance(Duration.ofMillis(300));
    assertThat(ready(all)).isEqualTo(5);
    assertThat(time.pending()).as("but for the sweep").isEqualTo(1);
  }

  @Test
  void whatComesTooLate_isRejectedAtOnce_withTheTimeToWait() {
    var limiter = limiter(RateLimit.perSecond(1));
    limiter.reserve("a", 1, Duration.ZERO);

    assertThatExceptionOfType(RateLimitedException.class)
        .isThrownBy(() -> limiter.acquire("a", 1, Duration.ofMillis(500)))
        .withMessage("test: refused 1 by limit api, retry after PT1S")
        .matches(e -> e.retryAfter().equals(Duration.ofSeconds(1)))
        .matches(e -> e.component().equals("test"))
        .matches(e -> e.getStackTrace().length == 0);
    assertThat(limiter.reserveAsync("a", 1, Duration.ofMillis(500))).isCompletedExceptionally();
  }

  @Test
  void whoCancels_letsTheOthersMoveUp_andTheTailGoesBack() {
    var limiter = limiter(RateLimit.perSecond(10).withBurst(1));
    limiter.acquire("a", 1, Duration.ZERO);
    var first = limiter.reserve("a", 1, Duration.ofSeconds(1));
    var second = limiter.reserve("a", 1, Duration.ofSeconds(1));
    var third = limiter.reserve("a", 1, Duration.ofSeconds(1));

    assertThat(first.cancel()).isTrue();
    assertThat(first.cancel()).isFalse();
    second.close();

    time.advance(Duration.ofMillis(101));
    assertThat(third.isReady()).isTrue();
    assertThat(third.cancel()).as("too late").isFalse();
    assertThatExceptionOfType(CancellationException.class).isThrownBy(first::await);
    time.advance(Duration.ofMillis(100));
    assertThat(limiter.tryAcquire("a").isPermitted()).as("the two are back").isTrue();
  }

  @Test
  void slotThatCannotGoBack_servesWhoComesNext() {
    var limiter = limiter(RateLimit.perSecond(10).withBurst(1));
    limiter.acquire("a", 1, Duration.ZERO);
    var one = limiter.reserve("a", 1, Duration.ofSeconds(1));
    var two = limiter.reserve("a", 1, Duration.ofSeconds(1));
    limiter.reserve("a", 1, Duration.ofSeconds(1)).cancel(); // the tail goes back
    var bulky = limiter.reserveAsync("a", 1, Duration.ofSeconds(1)).join();
    one.cancel();
    two.cancel();

    time.advance(Duration.ofMillis(101));
    assertThat(bulky.isReady()).isTrue();
  }

  @Test
  void interruptedWait_keepsTheFlag_andGivesThePermitsBack() throws Exception {
    var limiter = limiter(RateLimit.perSecond(1));
    limiter.acquire("a", 1, Duration.ZERO);
    var flag = new boolean[1];
    var waiter = new Thread(() -> {
      assertThatExceptionOfType(CancellationException.class)
          .isThrownBy(() -> limiter.acquire("a", 1, Duration.ofMinutes(1)));
      flag[0] = Thread.currentThread().isInterrupted();
    });
    waiter.start();
    while (waiter.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }

    waiter.interrupt();
    waiter.join();

    assertThat(flag[0]).isTrue();
    time.advance(Duration.ofSeconds(1));
    assertThat(limiter.tryAcquire("a").isPermitted()).isTrue();
  }

  @Test
  void close_letsNobodyWait() {
    var limiter = limiter(RateLimit.perSecond(1));
    limiter.acquire("a", 1, Duration.ZERO);
    var waiting = limiter.reserve("a", 1, Duration.ofMinutes(1));

    limiter.close();

    assertThat(waiting.ready()).isCompletedExceptionally();
    assertThatExceptionOfType(CancellationException.class).isThrownBy(waiting::await);
  }

  /** They had a line each, and nobody knew of it. */
  @Test
  void keysBeyondTheMost_keepTheirOrder_andEndWithTheLimiter() {
    var limiter = RateLimiter.local("test")
        .limit("api", RateLimit.perSecond(10).withBurst(1))
        .maximumKeys(1)
        .time(time)
        .executor(Runnable::run)
        .build();
    limiter.acquire("kept", 1, Duration.ZERO);
    limiter.acquire("more", 1, Duration.ZERO);
    List<Reservation> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(limiter.reserve("more", 1, Duration.ofSeconds(1)));
    }

    assertThat(all.get(0).cancel()).isTrue();
    time.advance(Duration.ofMillis(101));
    assertThat(all.get(1).isReady()).as("moved up").isTrue();
    assertThat(all.get(2).isReady()).isFalse();
    for (int i = 0; i < 100; i++) {
      assertThat(limiter.reserveAsync("no" + i, 1, Duration.ZERO)).isCompletedExceptionally();
    }
    assertThat(limiter.snapshot().keys()).as("who was refused waits nowhere").isEqualTo(2);
    limiter.close();

    assertThat(all.get(2).ready()).isCompletedExceptionally();
  }

  /** Redisson gives capacity away twice here: 21 of 10 in a second. */
  @Test
  void cancellingHalf_keepsTheLimit_andLosesNothing() {
    var random = new Random(7);
    var limit = RateLimit.perSecond(100).withBurst(5);
    var limiter = limiter(limit);
    var used = new Envelope();
    List<Reservation> waiting = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      limiter.reserveAsync("a", 1, Duration.ofMillis(300)).whenComplete((reservation, refused) -> {
        if (reservation != null) {
          waiting.add(reservation);
          reservation.ready().thenRun(() -> used.add(time.nanoTime() / 1_000, 1));
        }
      });
      if (random.nextBoolean() && !waiting.isEmpty()) {
        waiting.remove(random.nextInt(waiting.size())).cancel();
      }
      waiting.removeIf(Reservation::isReady);
      time.advance(Duration.ofMillis(1));
    }

    assertThat(used.excess(limit)).isLessThanOrEqualTo(1e-3);
    assertThat(used.total()).isGreaterThanOrEqualTo(20 * 99);
  }

  private static long ready(List<Reservation> reservations) {
    return reservations.stream().filter(Reservation::isReady).count();
  }

  private RateLimiter limiter(RateLimit limit) {
    return RateLimiter.local("test")
        .limit("api", limit)
        .time(time)
        .executor(Runnable::run)
        .build();
  }
}
