package dev.scaling.examples.catalogue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.h2.tools.Server;

/**
 * An SQL database that the instances reach over TCP: H2, in this process, in memory, on the
 * loopback interface. Its own connection, past the instances, tells what the truth is.
 */
final class Database implements AutoCloseable {

  static final String USER = "sa";

  private static final String SCHEMA = """
      CREATE TABLE product(
        id BIGINT PRIMARY KEY, name VARCHAR NOT NULL, price_cents INT NOT NULL,
        version BIGINT NOT NULL);
      CREATE TABLE review(product_id BIGINT NOT NULL, stars DOUBLE PRECISION NOT NULL);
      CREATE INDEX review_product ON review(product_id);""";

  private static final String REVIEW = """
      INSERT INTO review SELECT p.id, 1 + MOD(x * 7 + ABS(p.id), 5)
      FROM product p, SYSTEM_RANGE(1, ?) WHERE p.id BETWEEN ? AND ?""";

  private static final int REVIEWS = 8;
  private static final int REVIEWS_IN_THE_NEWS = 10_000;
  private static final int BATCH = 1_000;

  private final Connection connection;
  private final Server server;

  private Database(Connection connection, Server server) {
    this.connection = connection;
    this.server = server;
  }

  /** Starts a database with these products, each with a name, a price and reviews. */
  static Database start(long[] ids) throws SQLException {
    System.setProperty("h2.bindAddress", "127.0.0.1");
    var connection = DriverManager.getConnection("jdbc:h2:mem:catalogue", USER, "");
    try {
      var server = Server.createTcpServer("-tcpPort", "0", "-tcpDaemon");
      var database = new Database(connection, server);
      database.fill(ids);
      server.start();
      return database;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private void fill(long[] ids) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(SCHEMA);
    }
    connection.setAutoCommit(false);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO product VALUES (?, ?, ?, 1)")) {
      int rows = 0;
      for (long id : ids) {
        insert.setLong(1, id);
        insert.setString(2, "Product " + id);
        insert.setInt(3, 100 + Math.floorMod(id, 9_900));
        insert.addBatch();
        rows++;
        if (rows % BATCH == 0) {
          insert.executeBatch();
        }
      }
      insert.executeBatch();
    }
    review(REVIEWS, Long.MIN_VALUE, Long.MAX_VALUE);
    review(REVIEWS_IN_THE_NEWS, Aside.crowdId(Aside.CROWDS - 1), Aside.crowdId(0));
    connection.commit();
    connection.setAutoCommit(true);
  }

  private void review(int reviews, long firstId, long lastId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(REVIEW)) {
      statement.setInt(1, reviews);
      statement.setLong(2, firstId);
      statement.setLong(3, lastId);
      statement.executeUpdate();
    }
  }

  /** Returns a product's version, as committed. */
  long version(long id) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT version FROM product WHERE id = ?")) {
      statement.setLong(1, id);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  /** Returns the address for other processes. */
  String url() {
    return "jdbc:h2:tcp://127.0.0.1:" + server.getPort() + "/mem:catalogue";
  }

  @Override
  public void close() throws SQLException {
    server.stop();
    connection.close();
  }
}
