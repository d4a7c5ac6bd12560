package dev.scaling.examples.catalogue;

import java.io.PrintStream;
import java.lang.reflect.Method;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Says how far the work is: a bar on a terminal, elsewhere a line every two seconds at most. Safe
 * for use by many threads.
 */
final class Progress implements AutoCloseable {

  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final PrintStream out;
  private final long total;
  private final long startNanos = System.nanoTime();
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong lineNanos = new AtomicLong(startNanos);
  private final @Nullable ProgressBar bar;
  private volatile String phase = "";

  Progress(PrintStream out, long total) {
    this.out = out;
    this.total = total;
    bar = isTerminal()
        ? new ProgressBarBuilder()
            .setTaskName("requests")
            .setInitialMax(total)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .build()
        : null;
  }

  void phase(String phase) {
    this.phase = phase;
    if (bar != null) {
      bar.setExtraMessage(" " + phase);
    }
  }

  void step() {
    long steps = done.incrementAndGet();
    if (bar != null) {
      bar.stepTo(steps);
      return;
    }
    long now = System.nanoTime();
    long last = lineNanos.get();
    if (now - last >= PAUSE_NANOS && lineNanos.compareAndSet(last, now)) {
      long seconds = TimeUnit.NANOSECONDS.toSeconds(now - startNanos);
      out.printf(Locale.ROOT, "%3d s  %,d of %,d requests  %s%n", seconds, steps, total, phase);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }

  /** From JDK 22 on there is a console even without a terminal, and a method that tells. */
  @SuppressWarnings("SystemConsoleNull") // it is before JDK 22, and later ones are asked below
  private static boolean isTerminal() {
    Object console = System.console();
    if (console == null) {
      return false;
    }
    try {
      Method isTerminal = java.io.Console.class.getMethod("isTerminal");
      return (boolean) isTerminal.invoke(console);
    } catch (NoSuchMethodException e) {
      return true; // before JDK 22
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
