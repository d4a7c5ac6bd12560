package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.internal.Flights;
import dev.scaling.core.Time;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nobody who waits is left behind, whatever happens at the same time. */
@Timeout(120)
final class CollapsingRaceTest {

  private static final int ROUNDS = 3_000;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  @Test
  void everyFollower_isServedByTheFlightThatItJoined() throws Exception {
    var flights = new Flights<Integer, String, Flight<Integer, String>>("recursion");
    for (int round = 0; round < ROUNDS; round++) {
      var started = new AtomicInteger();
      Callable<String> call = () -> {
        var found = flights.find(1);
        if (found == null) {
          var mine = flight();
          found = flights.start(mine);
          if (found == mine) {
            started.incrementAndGet();
            flights.land(mine, "value");
          }
        }
        return found.get(60, TimeUnit.SECONDS);
      };

      assertThat(atOnce(call, call, call)).containsOnly("value");

      assertThat(started.get()).isBetween(1, 3);
      assertThat(flights.size()).isZero();
    }
  }

  @Test
  void forgottenFlight_isServedToItsFollowersAndFoundByNobodyElse() {
    var flights = new Flights<Integer, String, Flight<Integer, String>>("recursion");
    var early = flights.start(flight());

    flights.forget(1);
    var late = flights.start(flight());
    flights.land(early, "old");

    assertThat(late).isNotSameAs(early);
    assertThat(early).isCompletedWithValue("old");
    assertThat(flights.find(1)).isSameAs(late);
    flights.crash(late, new IllegalStateException("no"));
    assertThat(flights.size()).isZero();
  }

  /** A message may come before, while or after somebody begins to wait for it. */
  @Test
  void wakeUp_isNeverLost() throws Exception {
    var time = new VirtualTime(); // stands still: only the message can wake
    var waiters = new Waiters(time);
    for (int round = 0; round < ROUNDS; round++) {
      var wait = waiters.listen("a");
      var woken = new CountDownLatch(1);

      atOnce(
          () -> {
            wait.then(Duration.ofHours(1), inVain -> woken.countDown());
            return "";
          },
          () -> {
            waiters.wake("a", /* inVain= */ false);
            return "";
          },
          () -> {
            waiters.listen("a").stop();
            return "";
          });

      assertThat(woken.await(60, TimeUnit.SECONDS)).as("round %d", round).isTrue();
      assertThat(waiters.size()).isZero();
      assertThat(time.pending()).isZero();
    }
  }

  @Test
  void waitThatIsNotWoken_endsByItself_once() {
    var time = new VirtualTime();
    var waiters = new Waiters(time);
    var ends = new AtomicInteger();
    waiters.listen("a").then(Duration.ofSeconds(1), inVain -> ends.incrementAndGet());

    time.advance(Duration.ofMillis(999));
    assertThat(ends).hasValue(0);
    time.advance(Duration.ofMillis(1));
    waiters.wake("a", /* inVain= */ false);

    assertThat(ends).hasValue(1);
    assertThat(waiters.size()).isZero();
  }

  /** The caller leaves, by an interrupt, at any moment: its steps run all the same. */
  @Test
  void stepsOfACallerWhoLeaves_areAllRun() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      var steps = new CallerRuns(threads, Time.system());
      var ran = new CountDownLatch(3);
      var waits = new CountDownLatch(1);
      var caller = threads.submit(() -> {
        waits.countDown();
        try {
          steps.awaitEnd(new CompletableFuture<>(), Duration.ofHours(1));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
      steps.execute(ran::countDown);
      waits.await();

      atOnce(() -> caller.cancel(true), () -> {
        steps.execute(ran::countDown);
        steps.execute(ran::countDown);
        return true;
      });

      assertThat(ran.await(60, TimeUnit.SECONDS)).as("round %d", round).isTrue();
    }
  }

  /** The cache is closed and its executor with it: what is left is run where it is found. */
  @Test
  void stepsThatTheExecutorRefuses_areRunAllTheSame() {
    var steps = new CallerRuns(
        step -> {
          throw new RejectedExecutionException("closed");
        },
        Time.system());
    var ran = new AtomicInteger();
    steps.execute(ran::incrementAndGet);

    steps.leave();
    steps.execute(ran::incrementAndGet);

    assertThat(ran).hasValue(2);
  }

  @Test
  void result_endsTheWaitOfItsCaller() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      var result = new CompletableFuture<String>();
      var steps = new CallerRuns(threads, Time.system());

      assertThat(atOnce(
              () -> {
                steps.awaitEnd(result, Duration.ofHours(1));
                return true;
              },
              () -> {
                steps.execute(() -> result.complete("value"));
                return true;
              }))
          .containsOnly(true);
    }
  }

  @SafeVarargs
  private <T> List<T> atOnce(Callable<T>... actions) throws Exception {
    var barrier = new CyclicBarrier(actions.length);
    List<Future<T>> running = new ArrayList<>();
    for (Callable<T> action : actions) {
      running.add(threads.submit(() -> {
        barrier.await();
        return action.call();
      }));
    }
    List<T> results = new ArrayList<>();
    for (var each : running) {
      results.add(each.get(60, TimeUnit.SECONDS));
    }
    return results;
  }

  private static Flight<Integer, String> flight() {
    return new Flight<>(1, "1", "cell", /* epoch= */ 0, /* startNanos= */ 0);
  }
}
