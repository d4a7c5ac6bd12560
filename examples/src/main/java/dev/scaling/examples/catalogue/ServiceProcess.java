package dev.scaling.examples.catalogue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An instance of the service in a JVM of its own, which ends with this one at the latest. */
final class ServiceProcess implements AutoCloseable {

  private final Process process;
  private final Thread hook;
  private final BufferedReader output;

  /** Starts an instance; {@link #port} waits for it. */
  ServiceProcess(String redisAddress, String databaseUrl) throws IOException {
    process = new ProcessBuilder(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1", // a run of seconds does not pay for the second compiler
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            CatalogueService.class.getName(),
            redisAddress,
            databaseUrl))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
    output = process.inputReader();
    hook = new Thread(process::destroyForcibly, "catalogue-killer");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Waits until the instance takes requests, and returns its port. */
  int port() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("an instance of the service ended before it took requests");
    }
    return Integer.parseInt(line);
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close(); // which it takes for the end
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (IllegalStateException e) {
      process.destroyForcibly(); // this JVM is ending already
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
