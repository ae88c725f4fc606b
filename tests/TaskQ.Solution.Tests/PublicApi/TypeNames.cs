using System.Reflection;

namespace TaskQ.Solution.Tests.PublicApi;

/// <summary>Writes types as C# does, nullable annotations included.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(decimal)] = "decimal",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(short)] = "short",
        [typeof(sbyte)] = "sbyte",
        [typeof(uint)] = "uint",
        [typeof(ulong)] = "ulong",
        [typeof(ushort)] = "ushort",
    };

    /// <summary>The name of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="nullability">What is known of its annotations, if anything is.</param>
    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying, Argument(nullability, 0)) + "?";
        }

        string name = type.IsArray ? Of(type.GetElementType()!, nullability?.ElementType) + "[]" : Plain(type, nullability);
        // A type parameter without constraints counts as nullable whether it is annotated or not.
        bool isAnnotated = nullability?.ReadState == NullabilityState.Nullable && !type.IsValueType && !type.IsGenericParameter;
        return isAnnotated ? name + "?" : name;
    }

    /// <summary>The full name of a type's definition, with the names of its type parameters.</summary>
    public static string Declared(Type type)
    {
        string name = type.IsNested ? $"{Declared(type.DeclaringType!)}.{type.Name}" : $"{type.Namespace}.{type.Name}";
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : $"{name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Parameter))}>";
    }

    private static string Plain(Type type, NullabilityInfo? nullability)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (type.IsGenericParameter || !type.IsGenericType)
        {
            return type.IsNested && !type.IsGenericParameter ? $"{Of(type.DeclaringType!)}.{type.Name}" : type.Name;
        }

        var arguments = type.GetGenericArguments().Select((argument, index) => Of(argument, Argument(nullability, index)));
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", arguments)}>";
    }

    private static string Parameter(Type parameter) =>
        (parameter.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
        {
            GenericParameterAttributes.Covariant => "out ",
            GenericParameterAttributes.Contravariant => "in ",
            _ => "",
        } + parameter.Name;

    private static NullabilityInfo? Argument(NullabilityInfo? nullability, int index) =>
        nullability is not null && index < nullability.GenericTypeArguments.Length
            ? nullability.GenericTypeArguments[index]
            : null;
}
