package dev.scaling.resilience.context;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The three forms of a date in HTTP. */
final class HttpDate {

  /*
   * RFC 9110, section 5.6.7: IMF-fixdate, and the obsolete ones of RFC 850 and of asctime, which must be
   * understood too. The day of the week says nothing new, and is not compared. A year of two digits is that
   * of the last hundred years which is at most 50 years from now.
   */

  private static final int MOST_CHARACTERS = 64;
  private static final int MOST_YEARS_AHEAD = 50;
  private static final List<String> MONTHS =
      List.of("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec");
  private static final String MONTH = "(?<month>[A-Z][a-z]{2})";
  private static final String CLOCK = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";
  private static final List<Pattern> PATTERNS = List.of(
      Pattern.compile(
          "[A-Z][a-z]{2}, (?<day>\\d\\d) " + MONTH + " (?<year>\\d{4}) " + CLOCK + " GMT"),
      Pattern.compile(
          "[A-Z][a-z]{5,8}, (?<day>\\d\\d)-" + MONTH + "-(?<year>\\d\\d) " + CLOCK + " GMT"),
      Pattern.compile(
          "[A-Z][a-z]{2} " + MONTH + " (?<day>[ \\d]\\d) " + CLOCK + " (?<year>\\d{4})"));

  private HttpDate() {}

  /** Returns the milliseconds of a date since the epoch, or {@code null} if it is none. */
  static @Nullable Long millis(@Nullable String text, long nowMillis) {
    String date = HeaderText.trimmed(text, MOST_CHARACTERS);
    for (Pattern form : PATTERNS) {
      var found = form.matcher(date);
      if (found.matches()) {
        return millis(found, nowMillis);
      }
    }
    return null;
  }

  private static @Nullable Long millis(Matcher found, long nowMillis) {
    try {
      var moment = LocalDateTime.of(
          year(found.group("year"), nowMillis),
          MONTHS.indexOf(found.group("month")) + 1, // which is none if it is unknown
          number(found, "day"),
          number(found, "hour"),
          number(found, "minute"),
          Math.min(59, number(found, "second"))); // a leap second
      return moment.toEpochSecond(ZoneOffset.UTC) * 1_000;
    } catch (DateTimeException e) {
      return null; // such as the 31st of June
    }
  }

  private static int year(String digits, long nowMillis) {
    int year = Integer.parseInt(digits);
    if (digits.length() == 4) {
      return year;
    }
    int now = LocalDateTime.ofEpochSecond(Math.floorDiv(nowMillis, 1_000), 0, ZoneOffset.UTC)
        .getYear();
    int most = now + MOST_YEARS_AHEAD;
    return most - Math.floorMod(most - year, 100);
  }

  private static int number(Matcher found, String group) {
    return Integer.parseInt(found.group(group).strip());
  }
}
