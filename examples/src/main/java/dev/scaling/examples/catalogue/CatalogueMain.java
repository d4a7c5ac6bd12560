package dev.scaling.examples.catalogue;

import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Runs the catalogue service over a real database and a real Redis, sends it a trace of requests,
 * and prints what came of it.
 *
 * <p>Arguments: {@code --trace FILE} for a recorded trace, {@code --requests N}, {@code --seed N}.
 * Ends with 0 if every guarantee was kept, with 1 if not, and with 2 if the arguments are wrong.
 */
public final class CatalogueMain {

  private static final int KEPT = 0;
  private static final int BROKEN = 1;
  private static final int MISUSED = 2;

  private static final String AIM = """
      Two instances of a service share a cache of two tiers, with a real Redis and a real database.
      Checked: nothing old stays, a missing key is loaded once, no request fails.
      Measured: what the cache spares the database.
      """;

  private CatalogueMain() {}

  /** Runs the job, and ends this JVM. */
  public static void main(String[] args) {
    // By default five connections to an instance stay open, which is fewer than there are clients.
    System.setProperty("http.maxConnections", Integer.toString(FlashCrowd.REQUESTS));
    Logger.getLogger("").setLevel(Level.WARNING); // what is left is the table
    System.exit(run(args, System.out, System.err));
  }

  private static int run(String[] args, PrintStream out, PrintStream err) {
    Arguments arguments;
    Trace trace;
    try {
      arguments = Arguments.parse(args);
      trace = arguments.trace() == null
          ? Trace.generated(arguments.seed(), arguments.requests())
          : Trace.recorded(arguments.trace(), arguments.requests());
    } catch (IllegalArgumentException | IOException e) {
      err.println("catalogue: " + e.getMessage() + "; " + Arguments.USAGE);
      return MISUSED;
    }
    out.println(AIM);
    try {
      Report report = new Job(trace, arguments.seed(), out).run();
      report.print(out);
      return report.isKept() ? KEPT : BROKEN;
    } catch (IOException | SQLException | RuntimeException e) {
      err.println("catalogue: could not run: " + e);
      return BROKEN;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return BROKEN;
    }
  }
}
