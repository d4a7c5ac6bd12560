package dev.scaling.examples.catalogue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Reads and writes products in the database, and counts each statement. Safe for many threads. */
final class ProductRepository implements AutoCloseable {

  private static final int CONNECTIONS = 8;

  private static final String PAGE = """
      SELECT p.name, p.price_cents, p.version, COUNT(r.stars), COALESCE(AVG(r.stars), 0)
      FROM product p LEFT JOIN review r ON r.product_id = p.id
      WHERE p.id = ?
      GROUP BY p.id, p.name, p.price_cents, p.version""";

  private static final String CHANGE_PRICE = """
      SELECT version FROM FINAL TABLE (
        UPDATE product SET price_cents = ?, version = version + 1 WHERE id = ?)""";

  private final HikariDataSource pool;
  private final LongAdder queries = new LongAdder();
  private final LongAdder pageQueries = new LongAdder();

  ProductRepository(String url) {
    var config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(Database.USER);
    config.setMaximumPoolSize(CONNECTIONS);
    pool = new HikariDataSource(config);
  }

  /** Reads a product's page, or {@code null} if there is no such product. */
  @Nullable
  Product find(long id) throws SQLException {
    try (var connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(PAGE)) {
      statement.setLong(1, id);
      queries.increment();
      pageQueries.increment();
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        return new Product(
            id, row.getString(1), row.getInt(2), row.getLong(3), row.getInt(4), row.getDouble(5));
      }
    }
  }

  /** Sets a product's price, commits, and returns the product's version since. */
  long changePrice(long id, int priceCents) throws SQLException {
    try (var connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(CHANGE_PRICE)) {
      statement.setInt(1, priceCents);
      statement.setLong(2, id);
      queries.increment();
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("no product " + id);
        }
        return row.getLong(1);
      }
    }
  }

  long queries() {
    return queries.sum();
  }

  long pageQueries() {
    return pageQueries.sum();
  }

  @Override
  public void close() {
    pool.close();
  }
}
