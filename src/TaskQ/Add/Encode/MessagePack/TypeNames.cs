namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Names of types for messages.</summary>
internal static class TypeNames
{
    public static string Of(Type type)
    {
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        var name = type.FullName is null ? type.Name : $"{type.Namespace}.{type.Name}".TrimStart('.');
        return type.IsGenericType
            ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>"
            : name;
    }
}
