using System.Diagnostics.CodeAnalysis;

namespace TaskQ.Registry;

/// <summary>A parameter that comes from the services of the message's scope.</summary>
internal abstract class ServiceParameter
{
    /// <summary>For a type known only at run time: reflection, once at registration.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reached only from members that require it.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reached only from members that require it.")]
    public static ServiceParameter Create(DelegateParameter parameter, object? key, string taskName, string role) =>
        (ServiceParameter)Activator.CreateInstance(
            typeof(ServiceParameter<>).MakeGenericType(parameter.Type),
            $"Task '{taskName}': parameter '{parameter.Name}' of the {role}",
            key,
            parameter.IsOptional || parameter.IsNullable,
            parameter.DefaultValue)!;

    /// <summary>For the instance that the handler is a method of.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reached only from members that require it.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reached only from members that require it.")]
    [UnconditionalSuppressMessage("Trimming", "IL2055", Justification = "Reached only from members that require it.")]
    public static ServiceParameter CreateTarget(DelegateParameter parameter) =>
        (ServiceParameter)Activator.CreateInstance(typeof(TargetParameter<>).MakeGenericType(parameter.Type))!;
}
