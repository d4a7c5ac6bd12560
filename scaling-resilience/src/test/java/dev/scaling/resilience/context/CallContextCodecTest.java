package dev.scaling.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written to headers, and what is read from them, whoever wrote it. */
final class CallContextCodecTest {

  private static final String REMAINING = "scaling-remaining-millis";
  private static final String ATTEMPT = "scaling-attempt";
  private static final String DO_NOT_RETRY = "scaling-do-not-retry";

  private final VirtualTime time = VirtualTime.startingAt(Long.MAX_VALUE - 1_000); // it wraps soon
  private final CallContextCodec codec = CallContextCodec.builder().time(time).build();

  @Test
  void context_isWrittenAsHeaders() {
    var context = CallContext.none()
        .within(Duration.ofNanos(1_234_999_999), time)
        .withAttempt(2)
        .withoutRetry();

    assertThat(written(context))
        .isEqualTo(Map.of(REMAINING, "1234", ATTEMPT, "2", DO_NOT_RETRY, "true"));
  }

  @Test
  void none_isWrittenAsNothing_andNothingIsReadAsNone() {
    assertThat(written(CallContext.none())).isEmpty();
    assertSame(codec.read(name -> null), CallContext.none());
  }

  /** A service that reads, works, and passes on, over and over: as many as there are in a chain. */
  @Test
  void contexts_comeBackAsTheyWere_withNoMoreTimeThanWasLeft() {
    for (int seed = 0; seed < 2_000; seed++) {
      var random = new Random(seed);
      var context = random(random);
      for (int hop = 0; hop < 4; hop++) {
        var headers = written(context);
        var left = context.remaining();
        long arrivedNanos = time.nanoTime();
        time.advance(Duration.ofNanos(random.nextLong(1_000_000_000))); // in a queue
        var read = codec.read(headers::get, arrivedNanos);

        assertThat(read.attempt()).isEqualTo(context.attempt());
        assertThat(read.isRetryWanted()).isEqualTo(context.isRetryWanted());
        assertThat(read.remaining().isPresent()).isEqualTo(left.isPresent());
        if (left.isPresent()) {
          var now = context.remaining().orElseThrow();
          assertThat(read.remaining().orElseThrow())
              .as("seed %d", seed)
              .isBetween(Duration.ZERO, now)
              .isGreaterThan(now.minusMillis(1).minusNanos(1));
        }
        context = read;
      }
    }
  }

  @Test
  void waitBeforeReading_isTakenOff_ifItIsKnown() {
    long arrivedNanos = time.nanoTime();
    time.advance(Duration.ofMillis(300));
    var headers = Map.of(REMAINING, "1000");

    assertThat(codec.read(headers::get, arrivedNanos).remaining()).contains(Duration.ofMillis(700));
    assertThat(codec.read(headers::get).remaining()).contains(Duration.ofSeconds(1));
    time.advance(Duration.ofMillis(800));
    assertThat(codec.read(headers::get, arrivedNanos).isOver()).isTrue();
  }

  @Test
  void arrivalInTheFuture_gainsNothing() {
    var headers = Map.of(REMAINING, "1000");

    var read = codec.read(headers::get, time.nanoTime() + 5_000_000_000L);

    assertThat(read.remaining()).contains(Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-1, 0",
    "-99999999999999999999999, 0",
    "00000007, 7",
    "' 12\t', 12",
    "3600000, 3600000",
    "3600001, 3600000",
    "9223372036854775807, 3600000",
    "9223372036854775808, 3600000",
    "99999999999999999999999999999999, 3600000"
  })
  void remainingOutOfRange_isTheNearestInIt(String text, long millis) {
    assertThat(codec.read(Map.of(REMAINING, text)::get).remaining())
        .contains(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "0, 1", "-7, 1", "1000, 1000", "1001, 1000", "4294967297, 1000"})
  void attemptOutOfRange_isTheNearestInIt(String text, int attempt) {
    assertThat(codec.read(Map.of(ATTEMPT, text)::get).attempt()).isEqualTo(attempt);
  }

  @ParameterizedTest
  @CsvSource({"1, false", "true, false", "TRUE, false", "' true ', false", "0, true", "yes, true"})
  void retry_isUnwantedOnlyIfThatIsSaid(String text, boolean isWanted) {
    assertThat(codec.read(Map.of(DO_NOT_RETRY, text)::get).isRetryWanted()).isEqualTo(isWanted);
  }

  @ParameterizedTest
  @MethodSource("dev.scaling.resilience.context.Hostile#texts")
  void hostileText_isAsIfItWereNotThere(String text) {
    assertSame(codec.read(name -> text), CallContext.none());
  }

  @Test
  void anyText_isReadWithoutFailure_withinTheRanges() {
    var random = new Random(11);
    for (int i = 0; i < 4_000; i++) {
      var read = codec.read(name -> Hostile.random(random));

      assertThat(read.attempt()).isBetween(1, 1_000);
      read.remaining()
          .ifPresent(left -> assertThat(left).isBetween(Duration.ZERO, Duration.ofHours(1)));
    }
  }

  @Test
  void names_canBeChosen() {
    var own = CallContextCodec.builder()
        .remainingHeader("X-Left")
        .attemptHeader("X-Try")
        .doNotRetryHeader("X-Once")
        .time(time)
        .build();
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    var context = CallContext.none().within(Duration.ofSeconds(1), time).withAttempt(4);

    own.write(context.withoutRetry(), headers::put);

    assertThat(headers).isEqualTo(Map.of("X-Left", "1000", "X-Try", "4", "X-Once", "true"));
    assertSame(own.read(headers::get), context.withoutRetry());
    assertThat(own).hasToString("CallContextCodec[X-Left, X-Try, X-Once]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\r\nb", ":path", "ä"})
  void nameThatIsNone_isRejected(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CallContextCodec.builder().attemptHeader(name))
        .withMessageStartingWith("attemptHeader must be 1 to 64 of");
  }

  @Test
  void nameTwice_isRejected() {
    assertThatIllegalStateException()
        .isThrownBy(() ->
            CallContextCodec.builder().attemptHeader("A").remainingHeader("a").build())
        .withMessageContaining("must differ: a, A, scaling-do-not-retry");
  }

  private Map<String, String> written(CallContext context) {
    var headers = new HashMap<String, String>();
    codec.write(context, (name, value) -> assertThat(headers.put(name, value)).isNull());
    return headers;
  }

  private CallContext random(Random random) {
    var context = CallContext.none().withAttempt(1 + random.nextInt(1_000));
    if (random.nextBoolean()) {
      context = context.withoutRetry();
    }
    return random.nextInt(4) == 0
        ? context
        : context.within(Duration.ofNanos(random.nextLong(4_000_000_000L)), time);
  }

  private static void assertSame(CallContext actual, CallContext expected) {
    assertThat(actual).hasToString(expected.toString());
  }
}
