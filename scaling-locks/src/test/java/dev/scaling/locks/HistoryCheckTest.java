package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.HistoryCheck.Write;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule of the check on histories that break it, and on such that only seem to. */
final class HistoryCheckTest {

  private static final String TWO_LEASES = """
      100 0 0 a ASKED 0 0
      110 0 0 a ACQUIRED 5 0
      110 0 0 a VALID 5 50
      120 0 0 a VALID 5 40
      130 0 0 a RELEASING 5 0
      """;

  @Test
  void leasesOneAfterTheOther_areFine() {
    var check = check(TWO_LEASES + """
        125 1 0 a ASKED 0 0
        131 1 0 a ACQUIRED 6 0
        131 1 0 a VALID 6 50
        140 1 0 a INVALID 6 0
        """);

    assertThat(check.violations()).isEmpty();
    assertThat(check.acquired()).isEqualTo(2);
    assertThat(check.lost()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "one token for two, 125, 131, 5", // asked for before the other ended, or it would go back too
    "token goes back, 111, 131, 4",
    "two holders, 105, 119, 6"
  })
  void secondLease_thatCannotBe_isCaught(String violation, long asked, long acquired, long token) {
    var check = check(TWO_LEASES + """
        %d 1 0 a ASKED 0 0
        %d 1 0 a ACQUIRED %d 0
        %d 1 0 a VALID %d 50
        """.formatted(asked, acquired, token, acquired, token));

    assertThat(check.violations()).singleElement().asString().startsWith(violation);
  }

  @ParameterizedTest
  @CsvSource({
    "a, 105, 131, 4", // asked for before the other was acquired
    "a, 111, 120, 6", // acquired when the other was seen to be valid last
    "b, 105, 119, 5" // another lock
  })
  void secondLease_thatMayBe_isFine(String lock, long asked, long acquired, long token) {
    var check = check(
        TWO_LEASES + """
        %d 1 0 %s ASKED 0 0
        %d 1 0 %s ACQUIRED %d 0
        %d 1 0 %s VALID %d 50
        """.formatted(asked, lock, acquired, lock, token, acquired, lock, token));

    assertThat(check.violations()).isEmpty();
  }

  @Test
  void lateToken_isCaught_whateverWasAskedForBetween() {
    var check = check(TWO_LEASES + """
        112 1 0 a ASKED 0 0
        131 1 0 a ACQUIRED 7 0
        140 2 0 a ASKED 0 0
        150 2 0 a ACQUIRED 6 0
        """);

    assertThat(check.violations()).singleElement().asString().startsWith("token goes back");
  }

  @Test
  void longHolder_isCaught_behindAShortOne() {
    var check = check(TWO_LEASES + """
        100 1 0 a ASKED 0 0
        111 1 0 a ACQUIRED 6 0
        112 1 0 a VALID 6 50
        100 2 0 a ASKED 0 0
        119 2 0 a ACQUIRED 7 0
        119 2 0 a VALID 7 50
        """);

    assertThat(check.violations()).hasSize(2).allMatch(each -> each.startsWith("two holders"));
  }

  private static final String TWO_PERMITS = """
      100 0 0 s ASKED 0 0
      110 0 0 s#0 ACQUIRED 5 0
      110 0 0 s#0 VALID 5 50
      120 0 0 s#0 VALID 5 40
      100 1 0 s ASKED 0 0
      115 1 0 s#1 ACQUIRED 7 0
      115 1 0 s#1 VALID 7 50
      130 1 0 s#1 VALID 7 40
      """;

  @ParameterizedTest
  @CsvSource({"116, true", "119, true", "120, false", "131, false"})
  void thirdOfTwoPermits_isCaught_ifTheOthersAreValidStill(long acquired, boolean isCaught) {
    var check = check(TWO_PERMITS + """
        100 2 0 s ASKED 0 0
        %d 2 0 s#2 ACQUIRED 6 0
        %d 2 0 s#2 VALID 6 50
        """.formatted(acquired, acquired));

    assertThat(check.violations())
        .hasSize(isCaught ? 1 : 0)
        .allMatch(each -> each.startsWith("more than 2 permits"));
  }

  @Test
  void permitsOfAnotherSemaphore_orNeverSeenValid_areNotCounted() {
    var check = check(TWO_PERMITS + """
        100 2 0 r ASKED 0 0
        116 2 0 r#0 ACQUIRED 6 0
        116 2 0 r#0 VALID 6 50
        100 3 0 s ASKED 0 0
        116 3 0 s#2 ACQUIRED 6 0
        121 3 0 s#2 INVALID 6 0
        """);

    assertThat(check.violations()).isEmpty();
  }

  @Test
  void leaseThatWasNeverSeenValid_excludesNobody() {
    var check = check(TWO_LEASES + """
        105 1 0 a ASKED 0 0
        115 1 0 a ACQUIRED 6 0
        125 1 0 a INVALID 6 0
        """);

    assertThat(check.violations()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      130 0 0 a INVALID 5 0                                | 140 0 0 a VALID 5 20 | valid again
      130 0 0 a VALID 5 20                                 | 151 0 0 a VALID 5 9  | valid after its
      130 0 0 a VALID 5 99                                 | 161 0 0 a VALID 5 9  | valid after its
      130 0 0 a EXTENDING 5 0;131 0 0 a EXTENDED 5 0       | 150 0 0 a VALID 5 9;160 0 0 a VALID 5 9 \
      | valid after its
      """)
  void leaseThatBreaksItsWord_isCaught(String events, String then, String violation) {
    String lease = TWO_LEASES.substring(0, TWO_LEASES.indexOf("130"));
    String history = lease + events.replace(';', '\n') + "\n";

    assertThat(check(history).violations()).isEmpty();
    assertThat(check(history + then.replace(';', '\n') + "\n").violations())
        .singleElement()
        .asString()
        .startsWith(violation);
  }

  @Test
  void leaseThatMayBeExtended_mayLastForLonger() {
    String lease = TWO_LEASES.substring(0, TWO_LEASES.indexOf("130"));

    assertThat(check(lease + """
        130 0 0 a EXTENDING 5 0
        155 0 0 a VALID 5 10
        180 0 0 a EXTENDED 5 0
        190 0 0 a VALID 5 100
        290 0 0 a VALID 5 0
        """).violations()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "ASKED_TO_READ, ASKED_TO_READ, 5, true", // readers together, with one token
    "ASKED_TO_READ, ASKED_TO_READ, 4, true", // asked for before the other was there
    "ASKED_TO_READ, ASKED, 6, false",
    "ASKED, ASKED_TO_READ, 6, false"
  })
  void readers_areExcludedByWritersAlone(String one, String other, long token, boolean isFine) {
    var check = check(TWO_LEASES.replace("ASKED", one) + """
        105 1 0 a %s 0 0
        115 1 0 a ACQUIRED %d 0
        115 1 0 a VALID %d 50
        """.formatted(other, token, token));

    assertThat(check.violations()).hasSize(isFine ? 0 : 1);
    assertThat(check.violations()).allMatch(each -> each.startsWith("two holders"));
  }

  @ParameterizedTest
  @CsvSource({
    "ASKED_TO_READ, ASKED, 5, one token for two",
    "ASKED, ASKED_TO_READ, 5, one token for two",
    "ASKED_TO_READ, ASKED_TO_READ, 4, token goes back"
  })
  void tokenOfAReader_thatCannotBe_isCaught(
      String one, String other, long token, String violation) {
    var check = check(TWO_LEASES.replace("ASKED", one) + """
        135 1 0 a %s 0 0
        140 1 0 a ACQUIRED %d 0
        """.formatted(other, token));

    assertThat(check.violations()).singleElement().asString().startsWith(violation);
  }

  @Test
  void longReader_isCaught_behindAShortOne() {
    String reader = "%d %d 0 a ASKED_TO_READ 0 0\n%d %d 0 a ACQUIRED 5 0\n%d %d 0 a VALID 5 9\n";
    var check = check(
        reader.formatted(100, 0, 110, 0, 140, 0) + reader.formatted(100, 1, 112, 1, 113, 1) + """
        100 2 0 a ASKED 0 0
        130 2 0 a ACQUIRED 6 0
        130 2 0 a VALID 6 50
        """);

    assertThat(check.violations()).singleElement().asString().startsWith("two holders");
  }

  @Test
  void numberThatChangesUnderAReader_isCaught() {
    String lease = TWO_LEASES.replace("ASKED", "ASKED_TO_READ").replace("130", "150");

    assertThat(check(lease + "130 0 0 a READ 5 7\n131 0 0 a READ 5 7\n").violations())
        .isEmpty();
    assertThat(check(lease + "130 0 0 a READ 5 7\n131 0 0 a READ 5 8\n").violations())
        .singleElement()
        .asString()
        .startsWith("changed under a reader");
  }

  @Test
  void register_thatCountsOn_isFine() {
    var writes = List.of(
        new Write("a", 5, 1), new Write("b", 3, 1), new Write("a", 5, 2), new Write("a", 6, 3));
    var check = new HistoryCheck(List.of(HistoryEvent.of("120 0 0 a WROTE 5 2")), writes);

    assertThat(check.violations()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"4, 2, older token accepted", "6, 1, increment lost", "6, 3, increment lost"})
  void register_thatGoesBack_isCaught(long token, long value, String violation) {
    var writes = List.of(new Write("a", 5, 1), new Write("a", token, value));

    assertThat(new HistoryCheck(List.of(), writes).violations())
        .singleElement()
        .asString()
        .startsWith(violation);
  }

  @Test
  void writeThatWasAccepted_andIsNotThere_isCaught() {
    var events = List.of(HistoryEvent.of("120 0 0 a WROTE 5 1"));

    assertThat(new HistoryCheck(events, List.of()).violations())
        .singleElement()
        .asString()
        .startsWith("accepted write lost");
  }

  private static HistoryCheck check(String history) {
    return new HistoryCheck(history.lines().map(HistoryEvent::of).toList(), List.of());
  }
}
