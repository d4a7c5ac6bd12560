package dev.scaling.resilience.shed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * That there are never more requests than the limit, nor more of a priority and those below it than
 * that priority may see, nor more of a caller than its share, at each moment of many schedules of
 * threads. A request is counted after it was admitted, and until before it leaves; so what is
 * compared is never more than what is there.
 */
@Timeout(120)
final class ShedderBoundTest {

  private static final int THREADS = 3;
  private static final int STEPS = 80;
  private static final int SCHEDULES = 5_000;
  private static final int CONTROLS = 20_000; // at most; one that is caught ends it
  private static final int LIMIT = 6;

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);

  @AfterEach
  void shutdown() {
    threads.shutdownNow();
  }

  @Test
  void shippedShedder_holdsItsBounds_atEachMoment() throws Exception {
    var shedder = builder().build();
    long admitted = 0;
    for (int seed = 0; seed < SCHEDULES; seed++) {
      var schedule = new Schedule(Door.of(shedder), seed);
      schedule.run(threads);

      assertThat(schedule.worst.get()).as("schedule %d", seed).isNotPositive();
      assertThat(shedder.snapshot().usage()).as("leaks of schedule %d", seed).isZero();
      assertThat(shedder.snapshot().callers()).isZero();
      admitted += schedule.admitted.get();
    }
    assertThat(admitted).isEqualTo(shedder.snapshot().admitted()).isGreaterThan(10L * SCHEDULES);
    assertThat(shedder.snapshot().shed()).isPositive();
    assertThat(shedder.snapshot().overQuota()).isPositive();
  }

  @Test
  void limitThatMoves_isNeverExceededAtItsHighest() throws Exception {
    var shedder = builder().build();
    var isOver = new AtomicInteger();
    var mover = threads.submit(() -> {
      for (int i = 0; isOver.get() == 0; i++) {
        shedder.limit(1 + i % LIMIT);
      }
    });
    try {
      for (int seed = 0; seed < SCHEDULES / 5; seed++) {
        var schedule = new Schedule(Door.of(shedder), seed);
        schedule.run(threads);

        assertThat(schedule.worst.get()).as("schedule %d", seed).isNotPositive();
        assertThat(shedder.snapshot().usage()).isZero();
      }
    } finally {
      isOver.set(1);
    }
    mover.get();
  }

  @ParameterizedTest
  @EnumSource
  void brokenShedder_isCaught(BrokenDoor broken) throws Exception {
    boolean isCaught = false;
    for (int seed = 0; seed < CONTROLS && !isCaught; seed++) {
      var schedule = new Schedule(broken.of(builder().rule(), LIMIT), seed);
      schedule.run(threads);
      isCaught = schedule.worst.get() > 0;
    }

    assertThat(isCaught).isTrue();
  }

  private static ShedderBuilder builder() {
    return Shedder.builder("bound").limit(LIMIT).busyRatio(0); // always busy: a share is a bound
  }

  /** Threads that come and leave at random. */
  private static final class Schedule {

    final AtomicInteger worst = new AtomicInteger(Integer.MIN_VALUE); // by how much, at most
    final AtomicInteger admitted = new AtomicInteger();
    private final Door door;
    private final long seed;
    private final ShedRule rule = builder().rule();
    private final Map<Priority, AtomicInteger> upTo; // requests of each, and of those below it
    private final Map<String, AtomicInteger> callers = new ConcurrentHashMap<>();

    Schedule(Door door, long seed) {
      this.door = door;
      this.seed = seed;
      upTo = Stream.of(Priority.values())
          .collect(Collectors.toUnmodifiableMap(each -> each, each -> new AtomicInteger()));
    }

    void run(ExecutorService on) throws Exception {
      var start = new CyclicBarrier(THREADS);
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        var random = new Random(seed * THREADS + i);
        all.add(on.submit(() -> {
          start.await();
          Deque<Runnable> held = new ArrayDeque<>();
          for (int step = 0; step < STEPS; step++) {
            step(random, held);
          }
          held.forEach(Runnable::run);
          return null;
        }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }

    private void step(Random random, Deque<Runnable> held) {
      if (!held.isEmpty() && random.nextInt(3) == 0) {
        held.remove().run();
        return;
      }
      var priority = List.of(Priority.values()).get(random.nextInt(upTo.size()));
      String caller = "caller " + random.nextInt(3);
      var leave = door.tryEnter(priority, caller);
      if (leave == null) {
        return;
      }
      admitted.incrementAndGet();
      var ofCaller = callers.computeIfAbsent(caller, name -> new AtomicInteger());
      ofCaller.incrementAndGet();
      count(priority, 1);
      look(ofCaller);
      held.add(() -> {
        count(priority, -1);
        ofCaller.decrementAndGet();
        leave.run();
      });
    }

    private void count(Priority priority, int by) {
      upTo.forEach((each, count) -> count.addAndGet(each.compareTo(priority) <= 0 ? by : 0));
    }

    private void look(AtomicInteger ofCaller) {
      more(ofCaller.get() - rule.quota(LIMIT, LIMIT));
      upTo.forEach((each, count) -> more(count.get() - rule.ceiling(each, LIMIT)));
    }

    private void more(int by) {
      worst.accumulateAndGet(by, Math::max);
    }
  }
}
