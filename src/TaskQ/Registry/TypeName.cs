namespace TaskQ.Registry;

/// <summary>Writes types as a reader of C# expects them in an error: <c>System.Int32?</c>, <c>List&lt;System.String&gt;</c> with its namespace.</summary>
internal static class TypeName
{
    public static string Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }

        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (!type.IsGenericType)
        {
            return type.FullName ?? type.Name;
        }

        string name = type.GetGenericTypeDefinition().FullName ?? type.Name;
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        string arguments = string.Join(", ", type.GetGenericArguments().Select(Of));
        return $"{(tick < 0 ? name : name[..tick])}<{arguments}>";
    }

    /// <summary>The type of a value, in words where there is none.</summary>
    public static string OfValue(object? value) => value is null ? "null" : Of(value.GetType());
}
