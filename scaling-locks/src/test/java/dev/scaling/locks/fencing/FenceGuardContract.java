package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of every guard. */
abstract class FenceGuardContract {

  /** Returns a guard named {@code invoices}, or on a table of that name. */
  abstract Subject guard();

  abstract int mostBytes();

  @Test
  void token_isAccepted_untilAGreaterOneIs() {
    var guard = guard();

    guard.check("a", 3);
    guard.check("a", 3);
    guard.check("a", 7);

    assertThat(guard.tryCheck("a", 3)).isFalse();
    assertThat(guard.tryCheck("a", 6)).isFalse();
    assertThat(guard.tryCheck("a", 7)).isTrue();
    assertThat(guard.tryCheck("a", 8)).isTrue();
  }

  @Test
  void refusal_saysNumbers_andNoResourceInItsMessage() {
    var guard = guard();
    guard.check("secret", 7);

    assertThatExceptionOfType(StaleFencingTokenException.class)
        .isThrownBy(() -> guard.check("secret", 3))
        .withMessage("invoices: fencing token 3 is older than 7, which was seen")
        .satisfies(e -> {
          assertThat(e.guard()).isEqualTo("invoices");
          assertThat(e.resource()).isEqualTo("secret");
          assertThat(e.fencingToken()).isEqualTo(3);
          assertThat(e.greatestSeen()).isEqualTo(7);
        });
  }

  @Test
  void resources_areIndependent() {
    var guard = guard();

    guard.check("a", 7);

    assertThat(guard.tryCheck("b", 1)).isTrue();
    assertThat(guard.tryCheck("A", 1)).isTrue();
    assertThat(guard.tryCheck("a ", 1)).isTrue();
    assertThat(guard.tryCheck("ä", 1)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "9, 10",
    "99, 100",
    "9007199254740992, 9007199254740993",
    "9223372036854775806, 9223372036854775807"
  })
  void tokens_areComparedExactly(long smaller, long greater) {
    var guard = guard();

    guard.check("a", smaller);
    guard.check("a", greater);

    assertThat(guard.tryCheck("a", smaller)).isFalse();
    assertThat(guard.tryCheck("a", greater)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"}", "{", "{}x", "a}b", "'; DROP TABLE invoices; --", "a\nb", "\u2028", "😀"})
  void oddName_isAResourceLikeAnyOther(String resource) {
    var guard = guard();

    guard.check(resource, 7);

    assertThat(guard.tryCheck(resource, 6)).isFalse();
    assertThat(guard.tryCheck(resource, 7)).isTrue();
    assertThat(guard.tryCheck(resource + "x", 1)).isTrue();
  }

  @Test
  void nameOfMostBytes_isAccepted_andOfOneMoreIsNot() {
    var guard = guard();
    String most = "ä".repeat(mostBytes() / 2) + "x".repeat(mostBytes() % 2);

    assertThat(guard.tryCheck(most, 7)).isTrue();
    assertThat(guard.tryCheck(most, 6)).isFalse();
    for (int over : new int[] {1, 1_000_000}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> guard.check(most + "x".repeat(over), 7))
          .withMessageStartingWith(
              "invoices: resource must have 1 to " + mostBytes() + " bytes of UTF-8: ");
    }
  }

  @Test
  @SuppressWarnings("NullAway") // what a caller without null checks gives
  void badName_isRefused() {
    var guard = guard();

    assertThatNullPointerException()
        .isThrownBy(() -> guard.check(null, 1))
        .withMessage("invoices: resource must not be null");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> guard.tryCheck("", 1))
        .withMessage("invoices: resource must have 1 to " + mostBytes() + " bytes of UTF-8: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> guard.check("a\ud83d", 1))
        .withMessage("invoices: resource must not hold half a character");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void tokenBelow1_isRefused(long token) {
    var guard = guard();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> guard.check("a", token))
        .withMessage("invoices: fencingToken must be in [1, 9223372036854775807]: " + token);
    assertThatIllegalArgumentException().isThrownBy(() -> guard.tryCheck("a", token));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void manyThreads_neverSeeATokenGoBack(long seed) throws Exception {
    assertThat(FenceHistory.violations(guard(), seed, /* checks= */ 400)).isEmpty();
  }
}
