package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * What a component writes to the log by {@code java.util.logging}, where {@link System.Logger} goes
 * unless another library takes it. Nothing of it reaches the console until this is closed.
 *
 * <p>Safe for use by many threads.
 */
public final class LogCapture extends Handler implements AutoCloseable {

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger logger;

  /** Captures what is logged under a component's name from now on. */
  public LogCapture(Class<?> component) {
    logger = Logger.getLogger(Checks.notNull(component, "component").getName());
    logger.setUseParentHandlers(false);
    logger.addHandler(this);
  }

  /** Returns the lines so far, each with its level in front, as in {@code "WARNING it is late"}. */
  public List<String> lines() {
    return List.copyOf(lines);
  }

  @Override
  public void publish(LogRecord entry) {
    lines.add(entry.getLevel() + " " + entry.getMessage());
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
