package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A guard in memory keeps the contract, and forgets no token too early. */
final class MemoryFenceGuardTest extends FenceGuardContract {

  private static final Duration DAY = Duration.ofDays(1);

  private final VirtualTime time = new VirtualTime();

  @Override
  Subject guard() {
    return Subject.of(FenceGuard.inMemory("invoices"));
  }

  @Override
  int mostBytes() {
    return 10_240;
  }

  @Test
  void fullGuard_refusesUnknownResources_andForgetsNone() {
    var guard = guard(/* maximumResources= */ 2);
    guard.check("a", 7);
    time.advance(Duration.ofHours(1));
    guard.check("b", 7);

    assertThatExceptionOfType(TooManyResourcesException.class)
        .isThrownBy(() -> guard.tryCheck("c", 1))
        .withMessage("invoices: no room for another resource: 2 were checked within PT24H")
        .satisfies(e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofHours(23)));
    assertThat(guard.tryCheck("a", 6)).isFalse();
    assertThat(guard.tryCheck("b", 6)).isFalse();
    assertThat(guard.tryCheck("a", 8)).isTrue();
  }

  @Test
  void fullGuard_forgetsOnceTheRetentionIsOver() {
    var guard = guard(/* maximumResources= */ 2);
    guard.check("a", 7);
    guard.check("b", 7);

    time.advance(DAY.minusNanos(1));
    assertThatExceptionOfType(TooManyResourcesException.class)
        .isThrownBy(() -> guard.check("c", 1));
    time.advance(Duration.ofNanos(1));

    assertThat(guard.tryCheck("c", 1)).isTrue();
    assertThat(guard).hasToString("FenceGuard{invoices, in memory, 2 of 2 resources}");
  }

  @Test
  void guardWithRoom_forgetsNothing_howeverOld() {
    var guard = guard(/* maximumResources= */ 2);
    guard.check("a", 7);

    time.advance(DAY.multipliedBy(300));

    assertThat(guard.tryCheck("a", 6)).isFalse();
  }

  @Test
  void refusedCheck_keepsTheTokenToo() {
    var guard = guard(/* maximumResources= */ 1);
    guard.check("a", 7);
    time.advance(DAY.minusNanos(1));

    assertThat(guard.tryCheck("a", 6)).isFalse();
    time.advance(DAY.minusNanos(1));

    assertThatExceptionOfType(TooManyResourcesException.class)
        .isThrownBy(() -> guard.check("b", 1));
    assertThat(guard.tryCheck("a", 6)).isFalse();
  }

  @Test
  void manyThreads_neverMakeItKnowMoreThanItsMaximum() throws Exception {
    var guard = guard(/* maximumResources= */ 50);
    var refused = new AtomicInteger();

    FenceHistory.run(
        /* seed= */ 1,
        /* steps= */ 2_000,
        (random, i) -> {
          try {
            guard.check("r" + random.nextInt(60), 1);
          } catch (TooManyResourcesException e) {
            refused.incrementAndGet();
          }
        });

    assertThat(guard).hasToString("FenceGuard{invoices, in memory, 50 of 50 resources}");
    assertThat(refused).hasPositiveValue();
    time.advance(DAY);
    for (int i = 0; i < 50; i++) {
      assertThat(guard.tryCheck("new" + i, 1)).isTrue();
    }
  }

  @Test
  void settingOutsideItsRange_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FenceGuard.inMemory("invoices", 0, DAY))
        .withMessage("maximumResources must be in [1, 10000000]: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FenceGuard.inMemory("invoices", 1, Duration.ofMillis(999)))
        .withMessage("retention must be in [PT1S, PT8784H]: PT0.999S");
    assertThatIllegalArgumentException().isThrownBy(() -> FenceGuard.inMemory("a{b}"));
  }

  /** The control of the oracle: a guard that compares, and puts, in two steps. */
  @Test
  void guardThatIsNotAtomic_isCaught() throws Exception {
    List<String> violations = new ArrayList<>();

    for (long seed = 0; violations.isEmpty() && seed < 1_000; seed++) {
      violations.addAll(FenceHistory.violations(new TwoSteps(), seed, /* checks= */ 400));
    }

    assertThat(violations).isNotEmpty();
  }

  /** The other control: a guard that refuses too much. */
  @Test
  void guardWithOneTokenForAllResources_isCaught() throws Exception {
    var guard = FenceGuard.inMemory("invoices");
    var one = new Subject() {
      @Override
      public void check(String resource, long fencingToken) {
        guard.check("all", resource.equals("r0") ? fencingToken + 1_000 : fencingToken);
      }

      @Override
      public boolean tryCheck(String resource, long fencingToken) {
        return guard.tryCheck("all", fencingToken);
      }
    };

    assertThat(FenceHistory.violations(one, /* seed= */ 1, /* checks= */ 400)).isNotEmpty();
  }

  private FenceGuard guard(int maximumResources) {
    return new MemoryFenceGuard("invoices", maximumResources, DAY, time);
  }

  private static final class TwoSteps implements Subject {

    private final Map<String, Long> tokens = new ConcurrentHashMap<>();

    @Override
    public void check(String resource, long fencingToken) {
      long seen = tokens.getOrDefault(resource, 0L);
      LockSupport.parkNanos(1); // long enough for another to come between
      new Fence("invoices", resource, fencingToken).require(seen);
      tokens.put(resource, fencingToken);
    }

    @Override
    public boolean tryCheck(String resource, long fencingToken) {
      throw new UnsupportedOperationException();
    }
  }
}
