package dev.scaling.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What callees say about retries, in two ways to write it and many to get it wrong. */
final class RetryHintTest {

  private final VirtualTime time = new VirtualTime();

  @BeforeEach
  void setWallClock() {
    wallClock("1994-11-06T08:49:00Z");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "120, 120",
    "' 7 ', 7",
    "86400, 86400",
    "86401, 86400",
    "9223372036854775807, 86400",
    "99999999999999999999999999999999, 86400"
  })
  void retryAfter_isReadAsSeconds(String field, long seconds) {
    assertThat(RetryHint.ofRetryAfter(field, time))
        .isEqualTo(RetryHint.after(Duration.ofSeconds(seconds)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Mon, 06 Nov 1994 08:49:37 GMT" // it was a Sunday
      })
  void retryAfter_isReadAsADate_inEachFormOfTheStandard(String field) {
    assertThat(RetryHint.ofRetryAfter(field, time))
        .isEqualTo(RetryHint.after(Duration.ofSeconds(37)));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      Sun, 06 Nov 1994 08:48:59 GMT  | PT0S
      Thu, 01 Jan 1970 00:00:00 GMT  | PT0S
      Sat, 01 Jan 0000 00:00:00 GMT  | PT0S
      Mon, 07 Nov 1994 08:48:59 GMT  | PT23H59M59S
      Fri, 31 Dec 9999 23:59:59 GMT  | PT24H
      Sun, 06 Nov 1994 08:49:60 GMT  | PT59S
      Sunday, 06-Nov-44 08:49:37 GMT | PT24H
      Sunday, 06-Nov-45 08:49:37 GMT | PT0S
      """)
  void dateOutOfRange_isTheNearestInIt(String field, Duration wait) {
    assertThat(RetryHint.ofRetryAfter(field, time)).isEqualTo(RetryHint.after(wait));
  }

  @ParameterizedTest
  @CsvSource({"'Wednesday, 01-Jan-20 00:00:30 GMT', 30", "'Friday, 01-Jan-69 00:00:30 GMT', 86400"})
  void yearOfTwoDigits_isThatNearToNow(String field, long seconds) {
    wallClock("2020-01-01T00:00:00Z"); // so that 69 is 2069 yet, and 71 is 1971

    assertThat(RetryHint.ofRetryAfter(field, time))
        .isEqualTo(RetryHint.after(Duration.ofSeconds(seconds)));
    assertThat(RetryHint.ofRetryAfter("Friday, 01-Jan-71 00:00:30 GMT", time))
        .isEqualTo(RetryHint.after(Duration.ZERO));
  }

  @ParameterizedTest
  @MethodSource("dev.scaling.resilience.context.Hostile#texts")
  @ValueSource(
      strings = {
        "-1",
        "Sun, 31 Jun 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:61:37 GMT",
        "Sun, 06 Nov 1994 08:49:99 CET",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 19940 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "120, Sun, 06 Nov 1994 08:49:37 GMT"
      })
  void retryAfterThatCannotBeRead_saysNothing(String field) {
    assertThat(RetryHint.ofRetryAfter(field, time)).isEqualTo(RetryHint.unknown());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "25, 25", "2147483647, 86400000"})
  void pushBack_isReadAsMilliseconds(String text, long millis) {
    assertThat(RetryHint.ofPushBack(text)).isEqualTo(RetryHint.after(Duration.ofMillis(millis)));
  }

  @ParameterizedTest
  @MethodSource("dev.scaling.resilience.context.Hostile#texts")
  @ValueSource(strings = {"-1", "-2147483649", "2147483648", "9223372036854775808"})
  void pushBackThatCannotBeRead_orIsNegative_isNever(String text) {
    assertThat(RetryHint.ofPushBack(text)).isEqualTo(RetryHint.never());
  }

  @Test
  void missingHeader_saysNothing() {
    assertThat(RetryHint.ofPushBack(null)).isEqualTo(RetryHint.unknown());
    assertThat(RetryHint.ofRetryAfter(null, time)).isEqualTo(RetryHint.unknown());
  }

  @Test
  void anyText_isReadWithoutFailure_withinTheRanges() {
    var random = new Random(13);
    for (int i = 0; i < 4_000; i++) {
      var text = Hostile.random(random);
      for (var hint :
          new RetryHint[] {RetryHint.ofPushBack(text), RetryHint.ofRetryAfter(text, time)}) {
        hint.after()
            .ifPresent(wait -> assertThat(wait).isBetween(Duration.ZERO, Duration.ofDays(1)));
      }
    }
  }

  @Test
  void hint_isFollowedBetweenTheOwnBackoffAndFiveSecondsMore() {
    var own = Duration.ofMillis(200);

    assertThat(RetryHint.unknown().backoff(own)).contains(own);
    assertThat(RetryHint.never().backoff(own)).isEmpty();
    assertThat(RetryHint.after(Duration.ZERO).backoff(own)).contains(own);
    assertThat(RetryHint.after(Duration.ofSeconds(2)).backoff(own)).contains(Duration.ofSeconds(2));
    assertThat(RetryHint.after(Duration.ofHours(2)).backoff(own))
        .contains(Duration.ofMillis(5_200));
  }

  @Test
  void waitOutsideItsRange_isRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryHint.after(Duration.ofMillis(-1)))
        .withMessage("atLeast must be in [PT0S, PT24H]: PT-0.001S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryHint.unknown().backoff(Duration.ofDays(2)))
        .withMessage("own must be in [PT0S, PT24H]: PT48H");
  }

  private void wallClock(String instant) {
    long millis = Instant.parse(instant).toEpochMilli();
    time.stepWallClock(Duration.ofMillis(millis - time.currentTimeMillis()));
  }
}
