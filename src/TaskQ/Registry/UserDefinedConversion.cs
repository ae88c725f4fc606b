using System.Linq.Expressions;
using System.Reflection;

namespace TaskQ.Registry;

/// <summary>Finds the implicit operator that C# would choose between two types, with standard conversions round it.</summary>
internal static class UserDefinedConversion
{
    public static Expression? Find(Expression value, Type from, Type to)
    {
        MethodInfo? best = null;
        bool ambiguous = false;
        foreach (MethodInfo candidate in Operators(from).Concat(Operators(to)))
        {
            if (candidate == best
                || !ImplicitConversion.IsStandard(from, Source(candidate))
                || !ImplicitConversion.IsStandard(candidate.ReturnType, to))
            {
                continue;
            }

            if (best is null || IsBetter(candidate, best))
            {
                best = candidate;
                ambiguous = false;
            }
            else if (!IsBetter(best, candidate))
            {
                ambiguous = true;
            }
        }

        return best is null || ambiguous
            ? null
            : Expression.Convert(Expression.Call(best, Expression.Convert(value, Source(best))), to);
    }

    private static Type Source(MethodInfo candidate) => candidate.GetParameters()[0].ParameterType;

    // The most specific one wins: it takes the narrower type, then gives the wider one.
    private static bool IsBetter(MethodInfo candidate, MethodInfo other)
    {
        Type source = Source(candidate);
        Type otherSource = Source(other);
        return source == otherSource
            ? candidate.ReturnType != other.ReturnType && ImplicitConversion.IsStandard(other.ReturnType, candidate.ReturnType)
            : ImplicitConversion.IsStandard(source, otherSource);
    }

    private static IEnumerable<MethodInfo> Operators(Type type)
    {
        for (Type? owner = type; owner is not null && owner != typeof(object); owner = owner.BaseType)
        {
            foreach (MethodInfo method in owner.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            {
                if (method is { IsSpecialName: true, Name: "op_Implicit" } && !Source(method).IsByRefLike && !method.ReturnType.IsByRefLike)
                {
                    yield return method;
                }
            }
        }
    }
}
