package dev.scaling.testkit;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** Runs servers in containers, by Testcontainers. */
final class ContainerLauncher implements Launcher {

  /*
   * Containers share the host's network, so that a server has one and the same port inside and
   * outside: a cluster or a replica tells others the address it believes in, and a mapped port would
   * change with each restart. Needs an engine on this machine.
   */

  private final DockerImageName image;

  ContainerLauncher(String image) {
    this.image = DockerImageName.parse(image);
  }

  @Override
  public Launched prepare(int port, List<String> arguments) {
    // The image's entry point puts the server's name before options, redis-server or valkey-server.
    var command = new ArrayList<>(Launcher.arguments(port));
    command.addAll(arguments);
    return new Container(image, port, command);
  }

  private static final class Container implements Launched {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final DockerImageName image;
    private final URI address;
    private final List<String> command;
    private @Nullable GenericContainer<?> container;

    Container(DockerImageName image, int port, List<String> command) {
      this.image = image;
      this.address = URI.create("redis://127.0.0.1:" + port);
      this.command = command;
    }

    @Override
    public void start() throws IOException {
      GenericContainer<?> existing = container;
      if (existing == null) {
        var created = new GenericContainer<>(image);
        created
            .withNetworkMode("host")
            .withCommand(command.toArray(String[]::new))
            .start();
        container = created;
      } else {
        existing.getDockerClient().startContainerCmd(existing.getContainerId()).exec();
      }
      Await.until("start of " + image + " at " + address, TIMEOUT, this::answers);
    }

    @Override
    public void pause() throws IOException {
      GenericContainer<?> running = created();
      running.getDockerClient().pauseContainerCmd(running.getContainerId()).exec();
    }

    @Override
    public void resume() throws IOException {
      GenericContainer<?> paused = created();
      paused.getDockerClient().unpauseContainerCmd(paused.getContainerId()).exec();
    }

    @Override
    public void kill() {
      GenericContainer<?> running = container;
      if (running != null && running.isRunning()) {
        running.getDockerClient().killContainerCmd(running.getContainerId()).exec();
      }
    }

    @Override
    public void remove() {
      GenericContainer<?> existing = container;
      container = null;
      if (existing != null) {
        existing.stop();
      }
    }

    private GenericContainer<?> created() throws IOException {
      GenericContainer<?> existing = container;
      if (existing == null) {
        throw new IOException("the server at " + address + " has not been started");
      }
      return existing;
    }

    private boolean answers() {
      try (var connection = new RespConnection(address, Duration.ofSeconds(1))) {
        return "PONG".equals(connection.call("PING"));
      } catch (IOException | IllegalStateException e) {
        return false;
      }
    }
  }
}
