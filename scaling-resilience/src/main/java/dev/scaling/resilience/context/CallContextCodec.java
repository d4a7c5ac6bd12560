package dev.scaling.resilience.context;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes a {@link CallContext} to the headers of any transport, and reads it from them.
 *
 * <p>The time left travels in whole milliseconds, and not as a moment: the clocks of two machines
 * need not agree. It is rounded down, and counted from the arrival; what the network takes is not
 * known, and not taken off.
 *
 * <p>Whatever stands in a header, reading does not fail: a number out of its range is taken as the
 * nearest in it, anything else, or more than 32 characters, as if it were not there.
 *
 * <p>Immutable, and safe for use by many threads.
 */
public final class CallContextCodec {

  private static final CallContextCodec STANDARD = builder().build();

  private final String remaining;
  private final String attempt;
  private final String doNotRetry;
  private final Time time;

  private CallContextCodec(Builder builder) {
    remaining = builder.remaining;
    attempt = builder.attempt;
    doNotRetry = builder.doNotRetry;
    time = builder.time;
  }

  /** Returns the codec with the defaults of {@link Builder}. */
  public static CallContextCodec standard() {
    return STANDARD;
  }

  /** Begins to set a codec up. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Writes what differs from {@link CallContext#none()}. Headers that are there from elsewhere
   * stay: do not pass on those of the incoming call.
   *
   * @param header takes a name and a value, once for each
   */
  public void write(CallContext context, BiConsumer<String, String> header) {
    Checks.notNull(header, "header");
    context
        .remaining()
        .ifPresent(left -> header.accept(remaining, String.valueOf(left.toMillis())));
    if (context.attempt() > 1) {
      header.accept(attempt, String.valueOf(context.attempt()));
    }
    if (!context.isRetryWanted()) {
      header.accept(doNotRetry, "true");
    }
  }

  /**
   * Reads what has arrived just now. The time left is from 0, also for a negative number, to 1
   * hour; the attempt from 1 to 1,000; not to retry is {@code true} or {@code 1}.
   *
   * @param header gives the value of a name, or {@code null}; what it throws goes to the caller
   */
  public CallContext read(Function<String, @Nullable String> header) {
    return read(header, time.nanoTime());
  }

  /**
   * Reads as {@link #read(Function)} does what has arrived some time ago, and waited since.
   *
   * @param arrivedNanos when, by {@link Time#nanoTime()} of the codec's time; now if it is later
   */
  public CallContext read(Function<String, @Nullable String> header, long arrivedNanos) {
    Checks.notNull(header, "header");
    long now = time.nanoTime();
    var context = CallContext.none();
    var left = HeaderText.number(header.apply(remaining));
    if (left != null) {
      long millis = Math.min(Math.max(0, left), CallContext.MOST_REMAINING.toMillis());
      long from = now - arrivedNanos > 0 ? arrivedNanos : now;
      context = context.until(from, millis * 1_000_000, time);
    }
    var number = HeaderText.number(header.apply(attempt));
    if (number != null) {
      context = context.withAttempt((int) Math.min(Math.max(1, number), CallContext.MOST_ATTEMPTS));
    }
    return HeaderText.isYes(header.apply(doNotRetry)) ? context.withoutRetry() : context;
  }

  @Override
  public String toString() {
    return "CallContextCodec[" + remaining + ", " + attempt + ", " + doNotRetry + "]";
  }

  /**
   * Sets the names of headers, each 1 to 64 letters, digits, dots, dashes and underscores. Not safe
   * for use by many threads.
   */
  public static final class Builder {

    private String remaining = "scaling-remaining-millis";
    private String attempt = "scaling-attempt";
    private String doNotRetry = "scaling-do-not-retry";
    private Time time = Time.system();

    private Builder() {}

    /** Sets the header of the time left; the default is {@code scaling-remaining-millis}. */
    public Builder remainingHeader(String name) {
      remaining = Checks.name("remainingHeader", name);
      return this;
    }

    /** Sets the header of the attempt's number; the default is {@code scaling-attempt}. */
    public Builder attemptHeader(String name) {
      attempt = Checks.name("attemptHeader", name);
      return this;
    }

    /** Sets the header of the wish not to retry; the default is {@code scaling-do-not-retry}. */
    public Builder doNotRetryHeader(String name) {
      doNotRetry = Checks.name("doNotRetryHeader", name);
      return this;
    }

    /** Sets the source of time; the default is {@link Time#system()}. */
    public Builder time(Time time) {
      this.time = Checks.notNull(time, "time");
      return this;
    }

    /**
     * Returns the codec.
     *
     * @throws IllegalStateException if two names are the same but for their case
     */
    public CallContextCodec build() {
      var names = Set.copyOf(List.of(
          remaining.toLowerCase(Locale.ROOT),
          attempt.toLowerCase(Locale.ROOT),
          doNotRetry.toLowerCase(Locale.ROOT)));
      Checks.agreement(
          names.size() == 3,
          "remainingHeader, attemptHeader and doNotRetryHeader must differ: " + remaining + ", "
              + attempt + ", " + doNotRetry);
      return new CallContextCodec(this);
    }
  }
}
