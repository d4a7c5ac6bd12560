package dev.scaling.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server that runs as a child process. */
final class ServerProcess implements Launcher.Launched {

  /*
   * The shell becomes the server, after it has left behind a guard that kills the server once our end
   * of its standard input closes. So no server outlives this JVM, however that ends: a shutdown hook
   * alone would be skipped when a build kills the JVM. It is also the one way we kill, since the guard
   * cannot mistake the process.
   */
  private static final String GUARDED =
      "exec 3<&0; (read -r _ <&3; kill -KILL $$) & exec \"$@\" 3<&- </dev/null";

  private static final String READY = "Ready to accept connections";
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final List<String> command;
  private final Path directory;
  private final Path log;

  // Volatile, since the shutdown hook reads it.
  private volatile @Nullable Process process;

  ServerProcess(List<String> server, Path directory) {
    this.command = new ArrayList<>(List.of("sh", "-c", GUARDED, "redis-guard"));
    this.command.addAll(server);
    this.directory = directory;
    this.log = directory.resolve("server.log");
  }

  @Override
  public void start() throws IOException {
    Files.createDirectories(directory);
    Files.deleteIfExists(log);
    Process started = new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
    process = started;
    // The log is ours alone; a PING might be answered by whoever else took the port.
    Await.until("start of " + command, TIMEOUT, () -> !started.isAlive() || logged(READY));
    if (!started.isAlive()) {
      throw new IOException("the server ended with " + started.exitValue() + ": " + readLog());
    }
  }

  @Override
  public void pause() throws IOException {
    signal("STOP");
    Path state = Path.of("/proc", Long.toString(running().pid()), "stat");
    if (Files.exists(state)) {
      // A signal is delivered soon, not at once: a command sent now could still be run.
      Await.until("stop of the server", TIMEOUT, () -> read(state).contains(") T "));
    }
  }

  @Override
  public void resume() throws IOException {
    signal("CONT");
  }

  @Override
  public void kill() {
    Process running = process;
    if (running == null) {
      return;
    }
    try {
      running.getOutputStream().close();
      if (!running.waitFor(5, TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
      }
    } catch (IOException e) {
      running.destroyForcibly();
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    process = null;
  }

  @Override
  public void remove() {
    kill();
    ProcessLauncher.deleteTree(directory);
  }

  private void signal(String name) throws IOException {
    String pid = Long.toString(running().pid());
    Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid).start();
    try {
      if (kill.waitFor() != 0) {
        throw new IOException("cannot send SIG" + name + " to process " + pid);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while sending SIG" + name);
    }
  }

  private Process running() throws IOException {
    Process running = process;
    if (running == null || !running.isAlive()) {
      throw new IOException("the server has ended: " + readLog());
    }
    return running;
  }

  private boolean logged(String text) {
    return read(log).contains(text);
  }

  private String readLog() {
    return read(log).strip();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
