using System.Globalization;
using Microsoft.Data.Sqlite;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>Looks into a SQLite file past the backend.</summary>
internal static class SqliteProbe
{
    public static SqliteConnection Open(string file)
    {
        SystemSqlite.Use();
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>Runs a statement over a connection of its own.</summary>
    public static void Execute(string file, string text)
    {
        using SqliteConnection connection = Open(file);
        Execute(connection, text);
    }

    public static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    /// <summary>The last column of what a SELECT finds, as text.</summary>
    public static List<string> Read(string file, string text)
    {
        using SqliteConnection connection = Open(file);
        return Read(connection, text);
    }

    public static List<string> Read(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(Convert.ToString(reader.GetValue(reader.FieldCount - 1), CultureInfo.InvariantCulture)!);
        }

        return rows;
    }
}
